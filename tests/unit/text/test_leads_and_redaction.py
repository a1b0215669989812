import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage.text.leads import PIECE, find_leads
from triage.text.redaction import MASKS, redact


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("call 98765 43210 now", "phone", "9876543210"),
        ("call +91-9876543210 now", "phone", "9876543210"),
        ("call 09876543210", "phone", "9876543210"),
        ("नंबर ९८७६५४३२१० है", "phone", "9876543210"),
        ("number 98XXXXXX12", "phone", "98xxxxxx12"),
        ("from +92 300 1234567", "phone", "+923001234567"),
        ("pay rinku77@examplebank", "upi", "rinku77@examplebank"),
        ("mail a.b@example.com", "email", "a.b@example.com"),
        ("see https://www.example.com/pay?x=1", "link", "example.com/pay?x=1"),
        ("insta @priya.sharma", "handle", "@priya.sharma"),
        ("id priya_01_x", "handle", "priya_01_x"),
        ("ifsc SBIN0001234", "ifsc", "sbin0001234"),
        ("card 4111 1111 1111 1111", "card", "4111111111111111"),
        ("account 123456789012", "account", "123456789012"),
        ("imei 356938035643809", "imei", "356938035643809"),
        ("utr HDFC12345678X", "reference", "hdfc12345678x"),
        ("wallet 0x" + "ab" * 20, "wallet", "0x" + "ab" * 20),
        ("paid Rs. 5,000", "amount", "rs. 5,000"),
        ("2 lakh gaye", "amount", "2 lakh"),
        ("on WhatsApp", "platform", "whatsapp"),
    ],
)
def test_each_kind_is_found(text, kind, value):
    assert (kind, value) in [(lead.kind, lead.value) for lead in find_leads(text)]


def test_leads_do_not_overlap_and_are_in_order():
    leads = find_leads("9876543210 a@b.com x@upi 4111 1111 1111 1111 Rs 500 www.example.com")
    assert all(a.end <= b.start for a, b in itertools.pairwise(leads))


def test_only_the_kinds_asked_for():
    leads = find_leads("9876543210 Rs 500", kinds=frozenset({"amount"}))
    assert [lead.kind for lead in leads] == ["amount"]


def test_a_degree_is_no_link():
    assert not find_leads("I did B.Com in 2 years", kinds=frozenset({"link"}))


def test_leads_of_a_long_text_keep_their_places():
    text = "they call again and again. " * 200 + "pay rinku77@examplebank"
    assert len(text) > 2 * PIECE
    (lead,) = find_leads(text)
    assert text[lead.start : lead.end] == "rinku77@examplebank"


def test_no_identifier_of_a_long_text_is_shown():
    numbers = [f"98765{number:05d}" for number in range(400)]
    shown = redact("they call from " + " ".join(numbers) + " and x1@okbank")
    assert len(shown) > PIECE
    assert not any(char.isdigit() for char in shown)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("1xxxx", "[number]"),
        ("xx1xxxx", "[number]"),
        ("xxxx1", "xxxx1"),
        ("1234", "1234"),
        ("xx1xxx", "xx1xxx"),
    ],
)
def test_what_may_be_half_of_an_identifier_is_masked(text, shown):
    assert redact(f"ref {text}") == f"ref {shown}"


def test_a_lead_hides_its_value_in_its_repr():
    assert "9876543210" not in repr(find_leads("9876543210"))


@pytest.mark.parametrize(
    ("text", "gone"),
    [
        ("my name is Zubinder and", "Zubinder"),
        ("mera naam Rakesh hai", "Rakesh"),
        ("मेरा नाम सुरेश है", "सुरेश"),
        ("माझं नाव गणेश आहे", "गणेश"),
        ("Mr. Okonkwo called", "Okonkwo"),
        ("call 9876543210", "9876543210"),
        ("acct 1234567", "1234567"),
        ("pay x1@okbank", "x1@okbank"),
    ],
)
def test_redaction_hides(text, gone):
    assert gone not in redact(text)


def test_amounts_and_platforms_stay():
    assert redact("paid Rs 5000 on WhatsApp") == "paid Rs 5000 on WhatsApp"


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=80))
def test_redaction_never_breaks(text):
    redact(text)


@given(
    st.sampled_from(["call {} now", "{}", "मेरा नंबर {} है", "no.{}", "x {} y {}"]),
    st.integers(6_000_000_000, 9_999_999_999),
)
def test_no_phone_survives(frame, number):
    assert str(number) not in redact(frame.format(number, number))


@given(st.from_regex(r"[a-z]{3,10}[0-9]{0,3}@(ok[a-z]{3,6}|[a-z]{3,8})", fullmatch=True))
def test_no_upi_id_survives(handle):
    assert handle not in redact(f"sent to {handle} yesterday")


def test_masking_twice_changes_nothing():
    once = redact("mera naam Rakesh hai, 9876543210, a@b.com, @abc_def, SBIN0001234")
    assert redact(once) == once
    assert all(mask.startswith("[") for mask in MASKS.values())


def test_who_introduces_himself_is_masked():
    assert redact("I am Vishwambhar Pattanshetti from Pune") == "I am [name] [name] from Pune"
    assert redact("MYSELF VISHWAMBHAR, I AM A TEACHER") == "MYSELF [name], I AM A TEACHER"
    assert redact("I am not able to sleep. I am Scared") == "I am not able to sleep. I am Scared"
