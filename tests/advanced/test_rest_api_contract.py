"""One contract, openapi.yaml, and one test of it, which both REST services pass.

schemathesis reads the contract and makes requests from it: valid ones, which must be answered as
it says, and ones with something wrong, which must be refused as it says.
"""

import base64
import copy
import re

import hypothesis
import requests
import schemathesis
from common.bad_requests import BAD, picture
from common.contract import contract
from hypothesis import strategies

FILES = strategies.sampled_from([picture(), picture(50)])
JPEGS = strategies.sampled_from([picture(32, "JPEG"), picture(50, "JPEG")])
NAMES = {"model": ["cifar"], "version": ["1", "2"]}  # which there are
schemathesis.openapi.media_type("image/png", FILES)
schemathesis.openapi.media_type("image/jpeg", JPEGS)
schemathesis.openapi.format("picture", FILES.map(lambda file: base64.b64encode(file).decode()))


def for_a_fuzzer():
    """Return the contract with what a fuzzer cannot know, or would need too long to draw.

    Which models and versions there are; two pictures in the place of 3,072 numbers.
    """
    changed = copy.deepcopy(contract())
    black, grey = ([[[level] * 3] * 32] * 32 for level in (0, 128))
    changed["components"]["schemas"]["Numbers"] = {"enum": [black, grey]}
    changed["components"]["parameters"]["Model"]["schema"] = {"enum": NAMES["model"]}
    for path in changed["paths"].values():
        for operation in path.values():
            for one in operation.get("parameters", []):
                if one.get("name") == "version":
                    one["schema"] = {"enum": NAMES["version"]}
    return changed


schema = schemathesis.openapi.from_dict(for_a_fuzzer())


@schema.parametrize()
@hypothesis.settings(
    max_examples=25,  # for each operation
    deadline=None,
    derandomize=True,  # the same requests each time
    suppress_health_check=list(hypothesis.HealthCheck),
)
def test_the_service_keeps_the_contract(case, service):
    headers = {"X-API-Key": service.key}
    case.call_and_validate(base_url=service.address, headers=headers, timeout=60)


def test_each_operation_of_the_contract_is_there_and_no_other(service):
    text = requests.get(service.address + "/openapi.json", timeout=60).json()
    assert text == contract()
    routes = {
        (verb.upper(), path)
        for path, operations in contract()["paths"].items()
        for verb in operations
    }
    for verb, path in routes:
        url = service.address + path.replace("{model}", "none").replace("{version}", "1")
        assert requests.request(verb, url, timeout=60).status_code in (200, 401)
    for verb in ("PUT", "DELETE", "PATCH"):
        reply = requests.request(verb, f"{service.address}/v1/models/cifar:predict", timeout=60)
        assert reply.status_code == 405
        assert reply.json()["error"]
    for path in ("/", "/v1", "/v1/models/", "/v1/models/cifar:train", "/healthz/"):
        reply = requests.get(service.address + path, timeout=60)
        assert reply.status_code == 404, path
        assert reply.headers["X-Request-ID"] == reply.json()["request_id"]


def test_the_contract_names_each_status_that_a_bad_request_gets():
    operation = contract()["paths"]["/v1/models/{model}:predict"]["post"]
    promised = {int(status) for status in operation["responses"]}
    assert {bad.status for bad in BAD.values()} <= promised
    assert 500 not in promised


def test_the_contract_says_the_limits_that_the_settings_have():
    from common.settings import Settings

    settings = Settings()
    text = contract()["components"]["requestBodies"]["Pictures"]["description"]
    found = [int(number) for number in re.findall(r"\d+", text)]
    million = 1_000_000
    assert found == [settings.most_pictures, settings.most_bytes // million,
                     settings.most_pixels // million]  # fmt: skip
