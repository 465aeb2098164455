"""One contract, openapi.yaml, and one test of it, which both REST services pass.

schemathesis reads the contract and makes requests from it: valid ones, which must be answered as
it says, and ones with something wrong, which must be refused as it says.
"""

import copy

import hypothesis
import schemathesis
from common.bad_requests import picture
from common.contract import contract
from hypothesis import strategies

FILES = strategies.sampled_from([picture(), picture(50)])
JPEGS = strategies.sampled_from([picture(32, "JPEG"), picture(50, "JPEG")])
schemathesis.openapi.media_type("image/png", FILES)
schemathesis.openapi.media_type("image/jpeg", JPEGS)
schemathesis.openapi.format("picture", FILES.map(lambda file: encoded(file)))
EXAMPLES = 25  # for each operation


def encoded(file):
    import base64

    return base64.b64encode(file).decode()


def for_a_fuzzer():
    """Return the contract with two pictures in numbers, in the place of 3,072 numbers to draw."""
    changed = copy.deepcopy(contract())
    black, grey = ([[[level] * 3] * 32] * 32 for level in (0, 128))
    changed["components"]["schemas"]["Numbers"] = {"enum": [black, grey]}
    return changed


schema = schemathesis.openapi.from_dict(for_a_fuzzer())


@schema.parametrize()
@hypothesis.settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,  # the same requests each time
    suppress_health_check=list(hypothesis.HealthCheck),
)
def test_the_service_keeps_the_contract(case, service):
    # the model and its version have to be there for a request to be valid
    case.call_and_validate(
        base_url=service.address,
        headers={"X-API-Key": service.key},
        timeout=60,
        excluded_checks=[
            schemathesis.checks.CHECKS.get_one("positive_data_acceptance"),
            schemathesis.checks.CHECKS.get_one("ignored_auth"),
        ],
    )
