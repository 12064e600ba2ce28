"""What schemathesis must know of the program: how to sign in, and what a right password is."""

import requests
import schemathesis

PASSWORD = "open sesame"
FORMS = {
    "member": ({"emailAddress": "chair@example.com", "password": PASSWORD}, "/member/login"),
    "device": ({"number": 7, "key": PASSWORD}, "/device/login"),
    "staff": ({"name": "ann", "password": PASSWORD}, "/v1/staff/login"),
}
COOKIES = {"member": "__Host-member", "staff": "__Host-desk"}


def sign_in(entity, case):
    form, path = FORMS[entity]
    base = case.operation.schema.get_base_url().rstrip("/")
    answer = requests.post(base + path, json=form, timeout=10)
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
    """Nobody guesses the password: every other right form has it."""
    form = case.body
    is_right = case.meta is not None and case.meta.generation.mode.is_positive
    if is_right and isinstance(form, dict) and len(repr(form)) % 2:
        for key in ("password", "key"):
            if key in form:
                form[key] = PASSWORD
