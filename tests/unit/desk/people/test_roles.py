"""Who may do what."""

import pytest

from triage.desk.people.roles import Right, Role, has_right, require
from triage.desk.store.schema import User
from triage.errors import NotAllowedError

READS_TEXTS = (Right.READ_CASES, Right.WORK, Right.INTAKE, Right.EXPORT)


def build_user(role: str, *, active: bool = True) -> User:
    return User(name="asha", shown_name="Asha", role=role, active=active)


@pytest.mark.parametrize("right", READS_TEXTS)
def test_an_administrator_reads_no_complaint(right):
    assert not has_right(Role.ADMIN, right)
    assert has_right(Role.ADMIN, Right.ACCOUNTS)


def test_a_data_scientist_gets_labels_and_trends_alone():
    rights = {right for right in Right if has_right(Role.SCIENTIST, right)}
    assert rights == {Right.LABELS, Right.REPORT}


def test_a_supervisor_has_all_of_staff_and_more():
    staff = {right for right in Right if has_right(Role.STAFF, right)}
    supervisor = {right for right in Right if has_right(Role.SUPERVISOR, right)}
    assert staff == {Right.READ_CASES, Right.WORK, Right.INTAKE, Right.REPORT}
    assert supervisor - staff == {Right.EXPORT, Right.RELEASE, Right.AUDIT}


def test_every_right_is_somebodys():
    for right in Right:
        assert any(has_right(role, right) for role in Role)


def test_who_lacks_a_right_is_told_who_has_it():
    require(build_user("supervisor"), Right.EXPORT)
    with pytest.raises(NotAllowedError, match=r"asha \(staff\) may not .* role supervisor"):
        require(build_user("staff"), Right.EXPORT)


def test_an_account_that_is_switched_off_may_nothing():
    with pytest.raises(NotAllowedError, match="switched off"):
        require(build_user("staff", active=False), Right.WORK)


def test_a_role_that_is_not_known_may_nothing():
    assert not any(has_right("emperor", right) for right in Right)
    with pytest.raises(NotAllowedError):
        require(build_user("emperor"), Right.REPORT)
