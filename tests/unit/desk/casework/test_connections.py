"""Connections: cases that name the same identifier, and their drawing."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st
from made_up_cases import add_case

from triage.desk.casework.connections import MOST_SHARED, find_connected, lay_out
from triage.desk.casework.drawing import HEIGHT, WIDTH, place_round

UPI = ("upi", "rinku77@examplebank")
PHONE = ("phone", "98xxxx4512")
SITE = ("link", "pay.example/x7")


def test_cases_that_share_most_come_first(database):
    with database.write() as session:
        centre = add_case(session, leads=[UPI, PHONE])
        one = add_case(session, leads=[UPI, SITE])
        both = add_case(session, leads=[UPI, PHONE], priority="P1", number="N-7")
        add_case(session, leads=[SITE])
        found = find_connected(session, centre)
    assert [(case.id, sorted(case.shares)) for case in found.cases] == [
        (both, [PHONE, UPI]),
        (one, [UPI]),
    ]
    assert [(each.value, each.cases) for each in found.identifiers] == [(UPI[1], 2), (PHONE[1], 1)]
    assert sorted(found.edges) == sorted([(both, PHONE), (both, UPI), (one, UPI)])
    assert (found.total, found.cases[0].number, found.cases[0].priority) == (2, "N-7", "P1")


def test_platforms_and_amounts_tie_no_cases(database):
    with database.write() as session:
        centre = add_case(session, leads=[("platform", "whatsapp")])
        add_case(session, leads=[("platform", "whatsapp")])
        found = find_connected(session, centre)
    assert (found.cases, found.identifiers, found.edges) == ([], [], [])
    assert [node.name for node in lay_out(found).nodes] == [f"case {centre}"]


def test_an_identifier_of_very_many_cases_is_told_not_drawn(database):
    with database.write() as session:
        centre = add_case(session, leads=[UPI, PHONE])
        for _ in range(MOST_SHARED + 1):
            add_case(session, leads=[UPI])
        other = add_case(session, leads=[PHONE])
        found = find_connected(session, centre)
    assert [case.id for case in found.cases] == [other]
    assert [(each.value, each.cases, each.listed) for each in found.identifiers] == [
        (PHONE[1], 1, True),
        (UPI[1], MOST_SHARED + 1, False),
    ]
    drawing = lay_out(found)
    assert [node.name for node in drawing.nodes] == [
        f"case {centre}", "lead 0", "lead 1", f"case {other}"
    ]  # fmt: skip
    assert len(drawing.lines) == 3


def test_no_more_cases_than_asked_for_but_all_are_counted(database):
    with database.write() as session:
        centre = add_case(session, leads=[UPI])
        others = [add_case(session, leads=[UPI]) for _ in range(6)]
        found = find_connected(session, centre, limit=4)
    assert [case.id for case in found.cases] == others[:1:-1]
    assert found.total == 6


def test_no_identifier_stands_in_a_repr(database):
    with database.write() as session:
        centre = add_case(session, leads=[UPI])
        add_case(session, leads=[UPI], snippet="secret")
        shown = repr(find_connected(session, centre))
    assert "rinku77" not in shown
    assert "secret" not in shown


@given(
    st.integers(0, 12),
    st.dictionaries(st.integers(0, 99), st.sets(st.integers(0, 11), min_size=1), max_size=30),
)
def test_a_drawing_stands_in_its_box_and_no_two_circles_in_one_place(count, ties):
    inner = [f"lead {i}" for i in range(count)]
    outer = {
        f"case {case}": [f"lead {i}" for i in sorted(named) if i < count]
        for case, named in ties.items()
    }
    outer = {name: named for name, named in outer.items() if named}
    drawing = place_round("centre", inner, outer)
    assert drawing == place_round("centre", inner, dict(reversed(outer.items())))
    assert {node.name for node in drawing.nodes} == {"centre", *inner, *outer}
    assert all(0 < node.x < WIDTH and 0 < node.y < HEIGHT for node in drawing.nodes)
    places = sorted((node.x, node.y) for node in drawing.nodes)
    assert all(first != second for first, second in pairwise(places))
    assert len(drawing.lines) == count + sum(map(len, outer.values()))
