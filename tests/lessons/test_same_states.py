"""What the two notebooks on custom operations have stored are the same states and gradients."""

from sidebyside.frameworks import FRAMEWORKS
from sidebyside.lessons.pairs import find_pair


def test_both_stored_the_fingerprint_of_the_same_states_and_gradients():
    pair = find_pair("custom_operations")
    stored = []
    for framework in FRAMEWORKS:
        cells = {cell.id: cell for cell in pair.read(framework).cells}
        (output,) = cells["compare-kernel"].outputs
        stored.append(output.text.splitlines()[-1])
    assert stored[0] == stored[1]
    assert stored[0].startswith("fingerprint: ")
    assert len(stored[0].split()) == 4
