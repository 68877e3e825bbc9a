"""Speaks as a carrier's official library speaks. Run by tests with the Python of those libraries, which is not ours.

python talk.py WHAT <<< '{"url": …}'        one JSON object in, one JSON object out
"""

import base64
import hashlib
import importlib.util
import json
import sys
import sysconfig
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

Found = dict[str, Any]


def twilio(asked: Found) -> Found:
    """Send, be refused, list, look a number up."""
    from twilio.base.exceptions import TwilioRestException
    from twilio.http.http_client import TwilioHttpClient
    from twilio.rest import Client

    http = TwilioHttpClient()
    there, ask = urlsplit(asked["url"]), http.request

    def elsewhere(method: str, url: str, *args: Any, **more: Any) -> Any:
        here = urlsplit(url)._replace(scheme=there.scheme, netloc=there.netloc).geturl()
        return ask(method, here, *args, **more)

    http.request = elsewhere
    client = Client(asked["key"], asked["secret"], asked["account"], http_client=http)
    sent = client.messages.create(to=asked["to"], from_=asked["from"], body=asked["text"])
    listed = client.messages.list(to=asked["to"])
    try:
        client.messages.create(to=asked["stopped"], from_=asked["from"], body=asked["text"])
        code = None
    except TwilioRestException as error:
        code = error.code
    looked_up = client.lookups.v2.phone_numbers(asked["to"]).fetch(fields="line_type_intelligence")
    return {
        "sid": sent.sid,
        "status": sent.status,
        "direction": sent.direction,
        "sent_at": sent.date_sent.isoformat(),
        "listed": [[row.sid, row.body, row.from_] for row in listed],
        "code": code,
        "line": looked_up.line_type_intelligence["type"],
    }


def twilio_sign(asked: Found) -> Found:
    """The signature that Twilio's own validator computes; of a form, or of bytes."""
    from twilio.request_validator import RequestValidator

    validator = RequestValidator(asked["token"])
    if "body" in asked:
        url = f"{asked['url']}?bodySHA256={hashlib.sha256(asked['body'].encode()).hexdigest()}"
        signature = validator.compute_signature(url, {})
        return {
            "url": url,
            "signature": signature,
            "valid": validator.validate(url, asked["body"], signature),
        }
    signature = validator.compute_signature(asked["url"], asked["form"])
    valid = validator.validate(asked["url"], asked["form"], asked.get("signature", signature))
    return {"signature": signature, "valid": bool(valid)}


def signalwire_sign(asked: Found) -> Found:
    """The same of SignalWire's; only that file of its library, which wants an old Twilio library otherwise."""
    file = Path(sysconfig.get_paths()["purelib"]) / "signalwire" / "request_validator.py"
    spec = importlib.util.spec_from_file_location("signalwire_request_validator", file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    validator = module.RequestValidator(asked["token"])
    signature = validator.build_signature_with_compatibility(asked["url"], asked["form"])
    valid = validator.validate(asked["url"], asked["form"], asked.get("signature", signature))
    return {"signature": signature, "valid": bool(valid)}


def telnyx(asked: Found) -> Found:
    """Send under a key, be refused, look a number up."""
    from telnyx import APIStatusError, Telnyx

    client = Telnyx(api_key=asked["key"], base_url=f"{asked['url']}/v2", max_retries=0)
    letter = {"from_": asked["from"], "text": asked["text"], "type": "SMS", "idempotency_key": asked["id"]}
    sent = client.messages.send(to=asked["to"], **letter)
    again = client.messages.send(to=asked["to"], **letter)
    try:
        client.messages.send(to=asked["stopped"], from_=asked["from"], text=asked["text"])
        code = None
    except APIStatusError as error:
        code = error.body["errors"][0]["code"]
    looked_up = client.number_lookup.retrieve(asked["to"], type="carrier")
    return {
        "id": sent.data.id,
        "again": again.data.id,
        "status": sent.data.to[0].status,
        "code": code,
        "line": looked_up.data.carrier.type,
    }


def telnyx_sign(asked: Found) -> Found:
    """A webhook signed with PyNaCl, and read by Telnyx' own verifier."""
    from nacl.signing import SigningKey
    from telnyx import Telnyx

    signer = SigningKey(base64.b64decode(asked["seed"]))
    signed = signer.sign(f"{asked['timestamp']}|{asked['body']}".encode()).signature
    headers = {
        "telnyx-signature-ed25519": base64.b64encode(signed).decode(),
        "telnyx-timestamp": asked["timestamp"],
    }
    public = base64.b64encode(bytes(signer.verify_key)).decode()
    client = Telnyx(api_key="none", public_key=public)
    event = client.webhooks.unwrap(asked["body"], headers=headers)
    return {"headers": headers, "public": public, "event": event.data.event_type}


def vonage(asked: Found) -> Found:
    """Send, be refused, look a number up."""
    from vonage_http_client import Auth, HttpClient
    from vonage_http_client.errors import HttpRequestError
    from vonage_messages import Messages, Sms
    from vonage_number_insight import NumberInsight, StandardInsightRequest

    def client(auth: Any) -> Any:
        made = HttpClient(auth)
        there, ask = asked["url"], made._session.request

        def elsewhere(*args: Any, **more: Any) -> Any:
            more["url"] = there + more["url"].removeprefix(f"https://{made.api_host}")
            return ask(*args, **more)

        made._session.request = elsewhere
        return made

    messages = Messages(client(Auth(application_id=asked["application"], private_key=asked["private_key"])))

    def letter(to: str) -> Sms:
        return Sms(to=to[1:], from_=asked["from"][1:], text=asked["text"], client_ref=asked["id"])

    sent = messages.send(letter(asked["to"]))
    try:
        messages.send(letter(asked["stopped"]))
        problem = None
    except HttpRequestError as error:
        problem = error.response.json()["type"]
    insight = NumberInsight(client(Auth(api_key=asked["account"][0], api_secret=asked["account"][1])))
    try:
        found = insight.get_standard_info(StandardInsightRequest(number=asked["to"][1:]))
        line = found.current_carrier.network_type
    except Exception as error:  # noqa: BLE001 - told to the test
        line = type(error).__name__
    return {"id": sent.message_uuid, "problem": problem, "line": line}


def vonage_sign(asked: Found) -> Found:
    """Whether Vonage's own verifier believes a token."""
    from vonage_jwt import verify_signature

    return {"valid": verify_signature(asked["token"], asked["secret"])}


def bandwidth(asked: Found) -> Found:
    """Send, be refused, look a number up; and read our callbacks with its models."""
    import bandwidth as sdk
    from bandwidth.models.inbound_callback import InboundCallback
    from bandwidth.models.status_callback import StatusCallback

    tokens = f"{asked['url']}/api/v1/oauth2/token"
    login = {"client_id": asked["client"], "client_secret": asked["secret"], "access_token_url": tokens}
    client = sdk.ApiClient(sdk.Configuration(**login))
    there, ask = urlsplit(asked["url"]), client.rest_client.request

    def elsewhere(method: str, url: str, *args: Any, **more: Any) -> Any:
        here = urlsplit(url)._replace(scheme=there.scheme, netloc=there.netloc).geturl()
        return ask(method, here, *args, **more)

    client.rest_client.request = elsewhere
    request = sdk.MessageRequest(
        application_id=asked["application"],
        to=[asked["to"]],
        var_from=asked["from"],
        text=asked["text"],
        tag=asked["id"],
    )
    sent = sdk.MessagesApi(client).create_message(asked["account"], request)
    request.application_id = "00000000-0000-0000-0000-000000000000"
    try:
        sdk.MessagesApi(client).create_message(asked["account"], request)
        problem = None
    except sdk.ApiException as error:
        problem = json.loads(error.body)["type"]
    wanted = sdk.SyncLookupRequest(phone_numbers=[asked["to"]])
    looked_up = sdk.PhoneNumberLookupApi(client).create_sync_lookup(asked["account"], wanted)
    inbound = InboundCallback.from_dict(asked["inbound"])
    status = StatusCallback.from_dict(asked["status"])
    return {
        "id": sent.id,
        "tag": sent.tag,
        "problem": problem,
        "line": looked_up.data.results[0].line_type,
        "inbound": [inbound.type, inbound.message.text],
        "status": [status.type, status.error_code],
    }


def openapi(asked: Found) -> Found:
    """What is wrong with requests and answers, by Twilio's own description of its interface."""
    from openapi_schema_validator import OAS30Validator

    document = json.loads(Path(asked["document"]).read_text("utf-8"))
    wrong: list[str] = []

    def judge(where: str, value: Any, schema: Found) -> None:
        validator = OAS30Validator({**schema, "components": document["components"]})
        wrong.extend(f"{where}: {error.json_path} {error.message}" for error in validator.iter_errors(value))

    for one in asked["exchanges"]:
        where = f"{one['method']} {one['path']}"
        operation = document["paths"][one["path"]][one["method"].lower()]
        declared = {p["name"] for p in operation.get("parameters", []) if p["in"] == "query"}
        wrong.extend(f"{where}: no parameter {name}" for name in one["query"] if name not in declared)
        if one["form"] is not None:
            schema = operation["requestBody"]["content"]["application/x-www-form-urlencoded"]["schema"]
            judge(where, one["form"], schema)
            wrong.extend(
                f"{where}: no field {name}" for name in one["form"] if name not in schema["properties"]
            )
        answer = operation["responses"].get(str(one["status"]))
        if answer is None:
            wrong.append(f"{where}: answers {one['status']} are not described")
        else:
            judge(f"answer to {where}", one["answer"], answer["content"]["application/json"]["schema"])
    return {"wrong": wrong}


WHAT = {
    one.__name__: one
    for one in (
        twilio,
        twilio_sign,
        signalwire_sign,
        telnyx,
        telnyx_sign,
        vonage,
        vonage_sign,
        bandwidth,
        openapi,
    )
}

if __name__ == "__main__":
    print(json.dumps(WHAT[sys.argv[1]](json.load(sys.stdin)), default=str))
