"""schemathesis makes up requests from the OpenAPI document; every answer must be one that it describes.

A small budget by default: one case beside those that follow from the document itself. V3_FUZZ=large
(`make fuzz`) takes a large one. Event streams are not asked:
they do not end (tests/web/test_sse.py has them). That a well-formed request is refused is no fault
here: whether a fingerprint is the one that is being asked about, no schema can say.
"""

from __future__ import annotations

import pytest
import schemathesis
from schemathesis.pytest.lazy import get_all_tests
from schemathesis.schemas import BaseSchema
from schemathesis.specs.openapi.checks import negative_data_rejection, positive_data_acceptance

from tests.budget import LARGE, budget
from tests.web.conftest import TOKEN, web_app
from tests.web.small_catalogue import SMALL
from utils.bench.runner import Runner
from utils.demo.local_door import LocalDoor
from utils.settings import Settings

# schemathesis unpacks no answer that comes without a socket (tests/web/test_compression.py has those)
CLIENT = {"Authorization": f"Bearer {TOKEN}", "Host": "127.0.0.1", "Accept-Encoding": "identity"}


@pytest.fixture(scope="module")
def described() -> BaseSchema:
    app = web_app(Settings.model_validate({"v3_token": TOKEN}), Runner(catalogue=SMALL, door=LocalDoor()))
    document = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", app, headers=CLIENT)
    return document.exclude(path_regex=r"/events$|/bays/")  # a bay's routes are the same views (test_bays.py)


def ask(case: schemathesis.Case) -> None:
    if case.path.endswith("/run"):
        case.query = {**(case.query or {}), "wait": "0"}  # nobody here waits for a made-up time-out
    answer = case.call(headers=CLIENT)
    refused_by_size = [negative_data_rejection] if answer.status_code == 413 else []  # it knows no 413
    case.validate_response(answer, excluded_checks=[positive_data_acceptance, *refused_by_size])


# One test for all operations: each would bear the same name.
@pytest.mark.hypothesis  # `make fuzz` takes all that are marked so
@pytest.mark.timeout(7200 if LARGE else 600)
def test_every_request_gets_an_answer_that_is_described(
    described: BaseSchema, subtests: pytest.Subtests
) -> None:
    made = list(
        get_all_tests(schema=described, test_func=ask, settings=budget(1, times=240), given_kwargs={})
    )
    assert len(made) > 60
    for operation, test in (each.ok() for each in made):
        with subtests.test(operation.label):
            test()
