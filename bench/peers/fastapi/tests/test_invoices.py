from uuid import uuid4

import pytest

PATH = "/api/v1/invoices"
STAFF = ["platform_admin", "support_agent"]


@pytest.fixture
def sample(unique):
    return lambda: {
        "number": unique("N"),
        "amount_cents": 4711,
        "note": "why",
        "paid": False,
        "due_at": "2026-01-31T12:00:00Z",
    }


@pytest.fixture
def new(call, sample):
    def create(who="acme_user"):
        reply = call(who, "POST", PATH, json=sample())
        assert reply.status_code == 201, reply.text
        return reply.json()

    return create


def one(row_or_id):
    return f"{PATH}/{row_or_id['id'] if isinstance(row_or_id, dict) else row_or_id}"


def is_problem(reply, status, code):
    assert reply.headers["content-type"] == "application/problem+json", reply.text
    assert (reply.status_code, reply.json()["code"]) == (status, code)


def is_invalid(reply, loc):
    is_problem(reply, 422, "invalid_input")
    assert loc in [error["loc"] for error in reply.json()["errors"]]


@pytest.mark.parametrize("who", ["acme_admin", "acme_user"])
def test_create_answers_201_with_location_and_etag(call, sample, who):
    values = sample()
    reply = call(who, "POST", PATH, json=values)
    assert reply.status_code == 201
    assert reply.headers["etag"] == '"1"'
    assert reply.json()["number"] == values["number"]
    assert call(who, "GET", reply.headers["location"]).json() == reply.json()


@pytest.mark.parametrize(
    "method, path",
    [("GET", PATH), ("POST", PATH), ("GET", one(uuid4())), ("PATCH", one(uuid4())), ("DELETE", one(uuid4()))],
)
def test_every_route_needs_a_token(call, method, path):
    is_problem(call(None, method, path, json={}), 401, "not_authenticated")


@pytest.mark.parametrize("who", STAFF)
def test_no_route_is_for_platform_staff(call, sample, new, who):
    row = new()
    is_problem(call(who, "GET", PATH), 403, "forbidden")
    is_problem(call(who, "POST", PATH, json=sample()), 403, "forbidden")
    is_problem(call(who, "GET", one(row)), 403, "forbidden")
    is_problem(call(who, "PATCH", one(row), '"1"', json={"number": "x"}), 403, "forbidden")
    is_problem(call(who, "DELETE", one(row)), 403, "forbidden")


@pytest.mark.parametrize(
    "change, loc",
    [
        ({"number": ""}, "body.number"),
        ({"number": "a" * 51}, "body.number"),
        ({"number": None}, "body.number"),
        ({"amount_cents": "x"}, "body.amount_cents"),
        ({"note": "a" * 2001}, "body.note"),
        ({"paid": "yes"}, "body.paid"),
        ({"due_at": "soon"}, "body.due_at"),
        ({"tenant_id": str(uuid4())}, "body.tenant_id"),
        ({"id": str(uuid4())}, "body.id"),
        ({"version": 7}, "body.version"),
    ],
)
def test_each_field_is_checked(call, sample, new, change, loc):
    is_invalid(call("acme_user", "POST", PATH, json={**sample(), **change}), loc)
    is_invalid(call("acme_user", "PATCH", one(new()), '"1"', json=change), loc)


@pytest.mark.parametrize("name", ["number", "amount_cents", "paid"])
def test_create_needs_each_field(call, sample, name):
    values = sample()
    del values[name]
    is_invalid(call("acme_user", "POST", PATH, json=values), f"body.{name}")


def test_get_answers_the_row_with_its_version_as_etag(call, new):
    row = new()
    reply = call("acme_admin", "GET", one(row))
    assert reply.json() == row
    assert reply.headers["etag"] == '"1"'


@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
def test_another_tenant_sees_404_with_the_bytes_of_an_unknown_id(call, new, method):
    foreign = new("globex_user")
    reply = call("acme_admin", method, one(foreign), '"1"', json={"number": "taken"})
    is_problem(reply, 404, "not_found")
    assert reply.content == call("acme_admin", method, one(uuid4()), '"1"', json={"number": "taken"}).content
    assert call("globex_user", "GET", one(foreign)).json() == foreign


@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
def test_what_is_not_an_id_is_refused(call, method):
    is_invalid(call("acme_admin", method, one("1"), '"1"', json={}), "path.id")


def test_list_answers_every_row_once_and_newest_first(call, new):
    newest = [new() for _ in range(3)][-1]
    rows, cursor = [], None
    while cursor is not None or not rows:
        page = call("acme_user", "GET", PATH, params={"limit": 2, **({"cursor": cursor} if cursor else {})}).json()
        rows += page["items"]
        cursor = page["next_cursor"]
    assert rows[0] == newest
    keys = [(row["created_at"], row["id"]) for row in rows]
    assert keys == sorted(keys, reverse=True)
    assert len({row["id"] for row in rows}) == len(rows)


def test_list_never_shows_another_tenants_rows(call, new):
    foreign = new("globex_user")["id"]
    assert foreign not in [row["id"] for row in call("acme_user", "GET", PATH, params={"limit": 100}).json()["items"]]


@pytest.mark.parametrize("name, value", [("limit", "0"), ("limit", "101"), ("limit", "x")])
def test_list_checks_each_parameter(call, name, value):
    is_invalid(call("acme_user", "GET", PATH, params={name: value}), f"query.{name}")


def test_list_refuses_a_made_up_cursor(call):
    is_problem(call("acme_user", "GET", PATH, params={"cursor": "x"}), 422, "invalid_input")


def test_update_changes_what_is_given_and_raises_the_version(call, new):
    row = new()
    reply = call("acme_user", "PATCH", one(row), '"1"', json={"number": "changed"})
    assert reply.status_code == 200, reply.text
    assert reply.headers["etag"] == '"2"'
    assert reply.json() == {**row, "number": "changed", "version": 2, "updated_at": reply.json()["updated_at"]}
    assert call("acme_user", "PATCH", one(row), '"2"', json={"note": None}).json()["note"] is None


def test_update_needs_the_version_that_the_change_is_based_on(call, new):
    row = new()
    is_problem(call("acme_user", "PATCH", one(row), json={"number": "x"}), 428, "precondition_required")
    is_problem(call("acme_user", "PATCH", one(row), '"2"', json={"number": "x"}), 412, "version_conflict")
    for etag in ["1", "*", 'W/"1"', '"x"']:
        is_problem(call("acme_user", "PATCH", one(row), etag, json={"number": "x"}), 422, "invalid_input")


def test_delete_is_for_admins_only_and_respects_the_version(call, new):
    row = new()
    is_problem(call("acme_user", "DELETE", one(row)), 403, "forbidden")
    is_problem(call("acme_admin", "DELETE", one(row), '"2"'), 412, "version_conflict")
    assert call("acme_admin", "DELETE", one(row), '"1"').status_code == 204
    is_problem(call("acme_admin", "GET", one(row)), 404, "not_found")
    is_problem(call("acme_admin", "DELETE", one(row)), 404, "not_found")
