"""What schemathesis must know of the programs: how to sign in, and what a right form is."""

import itertools
import os
import sys

import requests
import schemathesis
from requests.adapters import HTTPAdapter

PASSWORD = "open sesame"
# How each entity signs in: where, as whom, and with what.
LOGINS = {
    "member": ("/member/login", {"emailAddress": "chair@example.com"}, {"password": PASSWORD}),
    "device": ("/device/login", {"number": 7}, {"key": PASSWORD}),
    "staff": ("/v1/staff/login", {"name": "ann"}, {"password": PASSWORD}),
    # Storefront makes passwords when it starts.
    "user": ("/user/login", {"email": "admin@example.com"}, {"password": os.environ.get("ADMIN_PASSWORD")}),
    "account": ("/api/account/login", {"name": "acme"}, {"secret": os.environ.get("ACME_SECRET")}),
}
# Whose password is everybody's.
OPEN_TO_ALL = {"member", "device", "staff"}
COOKIES = {"member": "__Host-member", "staff": "__Host-desk", "user": "__Host-user"}
# Whose browsers are sent from page to page. Those of storefront are shown pages of its own as well, which the document
# of an API has nothing to say of.
PAGES = {"member"}
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"

numbers = itertools.count()
send = HTTPAdapter.send


def send_from_next_network(adapter, *args, **kwargs):
    """Guesses are counted by network: each request comes from one of its own, where 127.0.0.0/8 is this machine."""
    if sys.platform == "linux":
        number = next(numbers)
        adapter.poolmanager.clear()
        source = f"127.{1 + number // 250 % 250}.{number % 250}.1"
        adapter.poolmanager.connection_pool_kw["source_address"] = (source, 0)
    return send(adapter, *args, **kwargs)


HTTPAdapter.send = send_from_next_network


def sign_in(entity, case):
    path, who, secret = LOGINS[entity]
    base = case.operation.schema.get_base_url().rstrip("/")
    answer = requests.post(base + path, json={**who, **secret}, timeout=30)
    answer.raise_for_status()
    return answer


def schemes(case):
    """The entities whose sessions an operation takes."""
    needed = case.operation.definition.raw.get("security", [])
    return {scheme.split("_")[0] for alternative in needed for scheme in alternative}


# A session of its own for each request: those before may have ended theirs.
@schemathesis.auth(refresh_interval=None)
class SignedIn:
    def get(self, case, context):
        return {entity: sign_in(entity, case) for entity in schemes(case)}

    def set(self, case, data, context):
        for entity, answer in data.items():
            if entity in COOKIES:
                case.cookies = {**(case.cookies or {}), COOKIES[entity]: answer.cookies[COOKIES[entity]]}
            else:
                token = answer.json()["access_token"]
                case.headers = {**(case.headers or {}), "Authorization": f"Bearer {token}"}


@schemathesis.hook
def map_body(context, body):
    """JSON Schema takes 7.0 for an integer, and serde does not."""
    if isinstance(body, dict):
        return {key: int(value) if isinstance(value, float) and value.is_integer() else value for key, value in body.items()}
    return body


@schemathesis.hook
def before_call(context, case, kwargs):
    """Nobody guesses a password: every other right form has it. Every third right request is a browser's."""
    if case.meta is None or not case.meta.generation.mode.is_positive:
        return
    entity = (case.operation.definition.raw.get("tags") or [None])[0]
    form = case.body
    if entity in LOGINS and isinstance(form, dict) and len(repr(form)) % 2:
        _, who, secret = LOGINS[entity]
        if secret.keys() <= form.keys():
            form.update(secret if entity in OPEN_TO_ALL else {**who, **secret})
    if entity in PAGES and len(repr((case.body, case.query))) % 3 == 0:
        case.headers = {**(case.headers or {}), "Accept": BROWSER}
