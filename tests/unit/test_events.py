"""The event bus: numbered, replayable, bounded; a slow reader delays nobody."""

from __future__ import annotations

import threading
import time

from utils.events import EventBus, Joined
from utils.model.results import CheckupEvent


def drain(bus: EventBus, last_id: int | None) -> list[CheckupEvent]:
    with bus.subscribe(last_id) as events:
        found = []
        while (event := events.get(0)) is not None:
            found.append(event)
        return found


def test_numbers_grow_by_one() -> None:
    bus = EventBus()
    ids = [bus.publish("k", {"n": n}).id for n in range(5)]
    assert ids == list(range(ids[0], ids[0] + 5))


def test_a_new_subscriber_sees_only_what_comes_after() -> None:
    bus = EventBus()
    bus.publish("old", {})
    with bus.subscribe() as events:
        assert events.get(0) is None
        bus.publish("new", {"a": 1})
        event = events.get(1)
    assert event is not None
    assert (event.kind, event.data) == ("new", {"a": 1})


def test_events_after_a_number_are_replayed() -> None:
    bus = EventBus()
    events = [bus.publish("k", {"n": n}) for n in range(5)]
    assert drain(bus, events[1].id) == events[2:]
    assert drain(bus, 0) == events
    assert drain(bus, events[-1].id) == []


def test_who_fell_behind_gets_one_reset_and_then_goes_on() -> None:
    bus = EventBus(max_events=3)
    with bus.subscribe(0) as events:
        published = [bus.publish("k", {"n": n}) for n in range(5)]
        first = events.get(0)
        assert first is not None
        assert (first.kind, first.id) == ("reset", published[-1].id)
        after = bus.publish("k", {"n": 5})
        assert events.get(0) is after
        assert events.get(0) is None


def test_a_number_of_another_server_gets_a_reset() -> None:
    bus = EventBus()
    bus.publish("k", {})
    for foreign in (17, bus.last_id + 5000):
        assert [event.kind for event in drain(bus, foreign)] == ["reset"]


def test_numbers_keep_growing_over_a_restart() -> None:
    before = EventBus()
    last = before.publish("k", {})
    time.sleep(1.01)
    assert EventBus().publish("k", {}).id > last.id


def test_the_ring_is_bounded_by_bytes_and_keeps_the_newest() -> None:
    bus = EventBus(max_bytes=1000)
    events = [bus.publish("k", {"text": "x" * 400}) for _ in range(5)]
    kept = drain(bus, events[2].id)
    assert kept == events[3:]
    assert drain(bus, events[0].id)[0].kind == "reset"


def test_one_event_larger_than_the_ring_is_still_delivered() -> None:
    bus = EventBus(max_bytes=10)
    with bus.subscribe() as events:
        sent = bus.publish("k", {"text": "x" * 400})
        assert events.get(0) is sent


def test_a_filter_lets_through_only_its_own() -> None:
    bus = EventBus()
    for n in range(6):
        bus.publish("k", {"n": n})
    with bus.subscribe(0, only=lambda event: event.data["n"] % 2 == 1) as events:
        assert [events.get(0).data["n"] for _ in range(3)] == [1, 3, 5]  # type: ignore[union-attr]
        assert events.get(0) is None


def test_who_waits_for_its_own_is_woken_by_that_among_many_others() -> None:
    bus, found = EventBus(), list[object]()
    with bus.subscribe(only=lambda event: event.kind == "mine") as events:
        reader = threading.Thread(target=lambda: found.append(events.get(60)))
        reader.start()
        for n in range(600):
            bus.publish("other", {"n": n})
        mine = bus.publish("mine", {})
        reader.join(60)
    assert found == [mine]


def test_text_is_the_json_of_the_data_also_when_the_ring_forgot_it() -> None:
    bus = EventBus(max_events=1)
    old = bus.publish("k", {"a": [1, None]})
    assert bus.text(old) == '{"a":[1,null]}'
    bus.publish("k", {})
    assert bus.text(old) == '{"a":[1,null]}'


def test_closing_wakes_a_waiting_reader() -> None:
    bus = EventBus()
    woke = threading.Event()

    def read() -> None:
        with bus.subscribe() as events:
            assert events.get(30) is None
        woke.set()

    threading.Thread(target=read, daemon=True).start()
    time.sleep(0.05)
    bus.close()
    assert woke.wait(20)


def test_many_readers_get_all_events_in_order_while_one_never_reads() -> None:
    bus = EventBus(max_events=5000)
    seen: list[list[int]] = [[] for _ in range(8)]

    def read(into: list[int]) -> None:
        with bus.subscribe(0) as events:
            while len(into) < 1000:
                event = events.get(5)
                assert event is not None
                into.append(event.data["n"])

    with bus.subscribe(0) as _never_read:
        threads = [threading.Thread(target=read, args=(into,), daemon=True) for into in seen]
        for thread in threads:
            thread.start()
        for n in range(1000):
            bus.publish("k", {"n": n})
        for thread in threads:
            thread.join(10)
    assert all(into == list(range(1000)) for into in seen)


def test_a_bus_and_its_feeds_are_read_as_one_and_say_which_ring_an_event_is_of() -> None:
    bus, feed, other = EventBus(), EventBus(), EventBus()
    feed.publish("before", {})
    with Joined(bus, None, None, [feed]) as events:
        published = [bus.publish("run", {}), feed.publish("sample", {}), other.publish("unwatched", {})]
        assert (events.get(0), events.ring) == (published[0], bus)
        assert (events.get(0), events.ring) == (published[1], feed)
        assert events.get(0) is None
    assert published[2].kind == "unwatched"


def test_a_feed_wakes_who_watches_it_and_nobody_after_the_end() -> None:
    bus, feed = EventBus(), EventBus()
    with Joined(bus, None, None, [feed]) as events:
        threading.Timer(0.05, feed.publish, ("sample", {"n": 1})).start()
        event = events.get(10)
        assert event is not None
        assert event.data == {"n": 1}
    assert not bus._bells
    assert not feed._bells


def test_an_event_wakes_no_reader_that_does_not_let_it_through() -> None:
    bus, feed = EventBus(), EventBus()
    with Joined(bus, None, lambda event: event.data["bay"] == "mine", [feed]) as events:
        for kind in ("run", "run", "run"):
            bus.publish(kind, {"bay": "another"})
        assert not events._bell.is_set()
        mine = bus.publish("run", {"bay": "mine"})
        assert events._bell.is_set()
        assert events.get(0) is mine


def test_a_reader_that_waits_is_roused_and_gets_what_came_first() -> None:
    bus, found = EventBus(), list[object]()
    with Joined(bus, None, None, []) as events:
        came = bus.publish("run", {})
        events.rouse()
        assert events.get(60) is came
        reader = threading.Thread(target=lambda: found.extend([events.get(60), events.get(0)]))
        reader.start()
        reader.join(60)
    assert found == [None, None]


def test_who_falls_behind_a_feed_loses_nothing_of_the_bus() -> None:
    bus, feed = EventBus(), EventBus(max_events=3)
    with Joined(bus, None, None, [feed]) as events:
        for number in range(9):
            feed.publish("sample", {"n": number})
        run = bus.publish("run", {})
        assert events.get(0) is run
        lost = events.get(0)
        assert lost is not None
        assert (lost.kind, events.ring) == ("reset", feed)


def test_the_end_of_the_bus_ends_the_readers_of_its_feeds() -> None:
    bus, feed = EventBus(), EventBus()
    with Joined(bus, None, None, [feed]) as events:
        threading.Timer(0.05, bus.close).start()
        began = time.monotonic()
        assert events.get(10) is None
        assert time.monotonic() - began < 5
