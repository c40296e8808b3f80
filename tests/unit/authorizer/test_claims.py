"""From claims to an identity: paths, limits, and forms that are refused."""

from __future__ import annotations

import pytest

from services.authorizer.claims import ABSENT, ClaimPath
from services.authorizer.refusals import Refusal
from services.domain.identity import Identity
from tests.unit.authorizer import minting
from tests.unit.authorizer.minting import claims, signed


def identity(given: dict[str, object], **mapping: object) -> Identity:
    return minting.verifier(minting.settings(claims=mapping)).verify(signed(given))


def refusal(given: dict[str, object] | bytes, **mapping: object) -> Refusal:
    with pytest.raises(Refusal) as caught:
        minting.verifier(minting.settings(claims=mapping)).verify(signed(given))
    return caught.value


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("sub", 1),
        ("cognito:groups", 2),
        ("https://x.example/y", 3),
        ("a.b", 4),
        ("realm.roles", 5),
        (["a", "b"], 6),
        (["c", "d.e"], 7),
        ("c.d.e", ABSENT),
        ("sub.x", ABSENT),
        ("list.0", ABSENT),
        ("none", ABSENT),
        ("", ABSENT),
        ("realm.", ABSENT),
    ],
)
def test_a_path_is_a_claims_name_or_else_leads_into_maps(path: str | list[str], found: object) -> None:
    tree = {
        "sub": 1,
        "cognito:groups": 2,
        "https://x.example/y": 3,
        "a.b": 4,
        "realm": {"roles": 5},
        "a": {"b": 6},
        "c": {"d.e": 7},
        "list": [8],
    }
    assert ClaimPath(path).find(tree) == found


def test_every_part_of_an_identity_can_be_mapped() -> None:
    given = claims(
        user={"id": "bob"},
        roles=["admins"],
        profile={"site": "ber"},
        device="kiosk-1",
        permissions=["push:send", "push:read"],
        uti="t-9",
        tid="tenant-1",
    )
    mapped = identity(
        given,
        user="user.id",
        groups="roles",
        attributes="profile",
        attribute_claims={"tenant": "tid"},
        terminal="device",
        scopes="permissions",
        token_id="uti",
    )
    assert mapped == Identity(
        user="bob",
        issuer=minting.ISSUER,
        expires_at_s=minting.NOW_S + 3_600,
        issued_at_s=minting.NOW_S - 10,
        token_id="t-9",
        groups=("admins",),
        attributes={"site": "ber", "tenant": "tenant-1"},
        terminal="kiosk-1",
        scopes=frozenset({"push:send", "push:read"}),
    )


def test_roles_stand_for_scopes() -> None:
    mapped = identity(
        claims(roles=["Sender", "Unknown"], scope="chat"),
        roles="roles",
        role_scopes={"Sender": ["push:send", "push:read"], "Admin": ["audit:read"]},
    )
    assert mapped.scopes == {"chat", "push:send", "push:read"}


def test_roles_are_the_groups_where_nothing_else_is_said() -> None:
    assert identity(claims(scope=None), role_scopes={"ops": ["push:send"]}).scopes == {"push:send"}


@pytest.mark.parametrize("scope", ["a b", ["a", "b"], " a  b ", ["b", "a", "a"]])
def test_scopes_are_one_text_or_a_list(scope: object) -> None:
    assert identity(claims(scope=scope)).scopes == {"a", "b"}


def test_groups_keep_their_order_and_lose_doubles() -> None:
    assert identity(claims(groups=["b", "a", "b"])).groups == ("b", "a")


def test_names_may_be_in_any_script() -> None:
    assert identity(claims(sub="田中", groups=["Zürich", "运维"])).groups == ("Zürich", "运维")


@pytest.mark.parametrize("value", ["", " padded ", "x" * 512, "é" * 256, 0, -1, 2**53, -(2**53), 1.5, True, False])
def test_an_attribute_is_text_a_number_or_a_truth_value(value: object) -> None:
    found = identity(claims(attrs={"a": value})).attributes["a"]
    assert (type(found), found) == (type(value), value)


@pytest.mark.parametrize(
    "value",
    [None, [], ["x"], {}, {"b": 1}, 2**53 + 1, -(2**53) - 1, 10**400, "x" * 513, "é" * 257, "a\x00b", "a\nb", "\ud800"],
)
def test_an_attribute_of_another_form_is_refused(value: object) -> None:
    assert refusal(claims(attrs={"a": value})).code == "claim_invalid"


def test_a_number_that_overflows_is_refused_as_an_attribute() -> None:
    payload = minting.json_text(claims(attrs={"a": 7})).replace(b'"a": 7', b'"a": 1e400')
    assert refusal(payload).code == "claim_invalid"


@pytest.mark.parametrize("name", ["", " a", "a\n", "\ud800", "x" * 257])
def test_the_name_of_an_attribute_is_a_name(name: str) -> None:
    assert refusal(claims(attrs={name: 1})).code == "claim_invalid"


@pytest.mark.parametrize("attributes", [[], "x", 7, True])
def test_attributes_that_are_no_map_are_refused(attributes: object) -> None:
    assert refusal(claims(attrs=attributes)).code == "claim_invalid"


def test_fifty_attributes_are_accepted_and_no_more() -> None:
    assert len(identity(claims(attrs={f"a{n}": n for n in range(50)})).attributes) == 50
    assert refusal(claims(attrs={f"a{n}": n for n in range(51)})).code == "claim_invalid"


def test_attributes_from_single_claims_count_with_the_others() -> None:
    given = claims(attrs={f"a{n}": n for n in range(50)}, tid="t")
    assert refusal(given, attribute_claims={"tenant": "tid"}).code == "claim_invalid"


def test_two_hundred_groups_are_accepted_and_no_more() -> None:
    assert len(identity(claims(groups=[f"g{n}" for n in range(200)])).groups) == 200
    assert refusal(claims(groups=[f"g{n}" for n in range(201)])).code == "claim_invalid"


@pytest.mark.parametrize("groups", ["ops", "", {"ops": True}, 7, True, [7], [["ops"]], [None], ["ops", ""], ["a\x00"]])
def test_groups_that_are_no_list_of_names_are_refused(groups: object) -> None:
    assert refusal(claims(groups=groups)).code == "claim_invalid"


@pytest.mark.parametrize("claim", ["sub", "jti", "terminal"])
@pytest.mark.parametrize(
    "name",
    ["", " ", "a\x00b", "a\nb", "a\x7f", "\ud83d", "a\u202eb", "a\u200bb", " a", "a ", "x" * 257, 7, True, [], {}],
)
def test_user_token_id_and_terminal_are_names(claim: str, name: object) -> None:
    assert refusal(claims(**{claim: name})).code == "claim_invalid"


@pytest.mark.parametrize(
    "claim", ["sub", "jti", "terminal", "groups", "attrs", "scope", "aud", "exp", "iat", "nbf", "iss"]
)
def test_null_is_no_value_of_a_claim(claim: str) -> None:
    payload = minting.json_text({**claims(), claim: None})
    assert refusal(payload).code in {"claim_invalid", "claim_missing"}


@pytest.mark.parametrize(
    "scope", [7, True, {}, [7], [None], ["a b"], ["a", ""], "a\tb", "a\x00b", 'a"b', "a\\b", "é", "x" * 257]
)
def test_scopes_of_another_form_are_refused(scope: object) -> None:
    assert refusal(claims(scope=scope)).code == "claim_invalid"


def test_too_many_scopes_are_refused() -> None:
    assert refusal(claims(scope=[f"s{n}" for n in range(201)])).code == "claim_invalid"


@pytest.mark.parametrize("claim", ["exp", "nbf", "iat"])
@pytest.mark.parametrize("value", ["1800000000", "", True, False, [], {}, 2**53 + 1, 10**300])
def test_a_date_is_a_number(claim: str, value: object) -> None:
    assert refusal(claims(**{claim: value})).code == "claim_invalid"


@pytest.mark.parametrize("exp", [0, -1, -(2**53), -1.5, 1])
def test_a_date_long_past_is_expired(exp: object) -> None:
    assert refusal(claims(exp=exp)).code == "token_expired"


def test_groups_that_the_issuer_left_out_are_not_taken_for_none() -> None:
    given = claims(groups=None, _claim_names={"groups": "src1"}, _claim_sources={"src1": {"endpoint": "https://…"}})
    assert refusal(given).code == "claim_not_in_token"


def test_another_claim_that_the_issuer_left_out_does_no_harm() -> None:
    assert identity(claims(groups=None, _claim_names={"photo": "src1"})).groups == ()


def test_an_identity_is_measured_as_it_is_handed_on() -> None:
    names = [f"a{number}" for number in range(45)]
    assert identity(claims(attrs=dict.fromkeys(names, "x" * 40))).user == "alice"
    refused = refusal(claims(attrs=dict.fromkeys(names, '"' * 40)))
    assert refused.code == "identity_too_large"
    assert "7000 can be handed on" in refused.detail


def test_the_issuers_name_of_the_claim_is_in_the_refusal() -> None:
    assert "realm_access.roles" in refusal(claims(realm_access={"roles": "ops"}), groups="realm_access.roles").detail


def test_a_refusal_repeats_nothing_that_the_token_holds() -> None:
    marker = "marker-in-the-token\x00"
    for given in (claims(sub=marker), claims(groups=[marker]), claims(attrs={marker: 1}), claims(attrs={"a": marker})):
        assert "marker" not in refusal(given).detail
