"""schemathesis makes up requests from the OpenAPI document; every answer must be one that it describes.

A small budget by default; V3_FUZZ=large (`make fuzz`) takes a large one. Event streams are not asked:
they do not end (tests/web/test_sse.py has them). That a well-formed request is refused is no fault
here: whether a fingerprint is the one that is being asked about, no schema can say.
"""

from __future__ import annotations

import schemathesis
from schemathesis.specs.openapi.checks import negative_data_rejection, positive_data_acceptance

from tests.budget import budget
from tests.web.conftest import TOKEN, web_app
from tests.web.small_catalogue import SMALL
from utils.bench.runner import Runner
from utils.demo.local_door import LocalDoor
from utils.settings import Settings

CLIENT = {"Authorization": f"Bearer {TOKEN}", "Host": "127.0.0.1"}

# made when the file is read: the operations of the document become the tests
app = web_app(Settings.model_validate({"v3_token": TOKEN}), Runner(catalogue=SMALL, door=LocalDoor()))
schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", app, headers=CLIENT).exclude(
    path_regex=r"/events$|/bays/"  # a bay's routes are the same views (tests/web/test_bays.py)
)


@schema.parametrize()
@budget(12)
def test_every_request_gets_an_answer_that_is_described(case: schemathesis.Case) -> None:
    if case.path.endswith("/run"):
        case.query = {**(case.query or {}), "wait": "0"}  # nobody here waits for a made-up time-out
    answer = case.call(headers=CLIENT)
    refused_by_size = [negative_data_rejection] if answer.status_code == 413 else []  # it knows no 413
    case.validate_response(answer, excluded_checks=[positive_data_acceptance, *refused_by_size])
