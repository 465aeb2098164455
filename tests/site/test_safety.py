"""What a notebook's text may bring onto its pages: no script, and no file from elsewhere."""

import contextlib
import json
import re
import shutil

import pytest
from built_site import build, loaded_from_elsewhere, small_repository, soup
from typer.testing import CliRunner

from sidebyside.checkout import ROOT
from sidebyside.cli.main import app
from sidebyside.frameworks import FRAMEWORKS
from sidebyside.site.__main__ import main
from sidebyside.site.pages import VIEWS, Site
from sidebyside.site.pages import page as page_of
from sidebyside.view import page
from sidebyside.view.comparison import compare

SECRET = "the-secret-that-must-not-get-out"
TEXT = """
![A drawing](drawing.png) ![Far](../../../secret.png) ![Full]({secret}) ![Address]({address})
![Linked](linked.png) ![Reference][far] ![Other host](https://example.org/x.png)
![Drive](C:/secret.png) ![Missing](missing.png) {{download}}`../../../secret.png`

[far]: ../../../secret.png

```{{include}} ../../../secret.png
```

```{{literalinclude}} ../../../secret.png
```

```{{figure}} ../../../secret.png
A figure
```

```{{raw}} html
<script>document.title = "raw"</script>
```

[press](javascript:document.title="link") <a href="javascript:document.title='tag'">press</a>
a <b onclick="document.title='handler'">bold</b> word <script>document.title = "inline"</script>
<iframe src="https://example.org"></iframe> <img src="x" onerror="document.title='error'">

<details class="kept" ontoggle="document.title='toggle'">
<summary>Solution with <code>code</code></summary>

```python
kept = 1
```

</details>

<script>
document.title = "block"
</script>

| a | b |
|---|---|
| 1 | $x^2$ |
"""


@pytest.fixture(scope="module")
def poisoned(tmp_path_factory):
    """Return a pair whose text tries what it must not do, and the site that was built of it."""
    outside = tmp_path_factory.mktemp("outside")
    secret = outside / "secret.png"
    secret.write_text(SECRET, "utf-8")
    root = small_repository(outside / "repository")
    folder = root / "notebooks/0_prerequisites"
    shutil.copy(ROOT / "docs" / "comparison.png", folder / "drawing.png")
    with contextlib.suppress(OSError):  # not every user may make links on Windows
        (folder / "linked.png").symlink_to(secret)
    for framework in FRAMEWORKS:
        file = folder / f"01_python_for_deep_learning_{framework}.ipynb"
        notebook = json.loads(file.read_text("utf-8"))
        notebook["metadata"]["mystnb"] = {"execution_mode": "force"}
        cells = {cell["id"]: cell for cell in notebook["cells"]}
        cells["check-intro"]["source"] = TEXT.format(secret=secret, address=secret.as_uri())
        source = f"open({str(outside / 'executed')!r}, 'w').close()\n"
        cells["imports"]["source"] = [source, *cells["imports"]["source"]]
        file.write_text(json.dumps(notebook), "utf-8")
    done = build(outside / "site", root)
    return Site(root).pairs[0], outside / "site", done


@pytest.fixture(params=[*VIEWS, "alone"])
def shown(request, poisoned, tmp_path):
    """Return each page that shows the text, and its file."""
    pair, site, _ = poisoned
    if request.param == "alone":
        file = tmp_path / "alone.html"
        file.write_text(page.render(compare(pair)), "utf-8")
    else:
        file = site / f"{page_of(pair, request.param)}.html"
    return soup(file), file


def test_no_file_from_outside_is_on_the_site(poisoned):
    _, site, _ = poisoned
    holding = [file for file in site.rglob("*") if file.is_file()
               and SECRET.encode() in file.read_bytes()]  # fmt: skip
    assert holding == []
    assert loaded_from_elsewhere(site) == []


def test_the_site_does_not_execute_a_notebook(poisoned):
    _, site, _ = poisoned
    assert not (site.parent / "executed").exists()


def test_pictures_of_the_repository_are_shown_and_others_are_a_text(shown, poisoned):
    whole, file = shown
    source = whole.find("img", alt="A drawing")["src"]
    drawing = poisoned[0].folder / "drawing.png"
    if not source.startswith("data:image/png;base64,"):
        assert (file.parent / source).read_bytes() == drawing.read_bytes()
    texts = ("Far", "Full", "Address", "Linked", "Reference", "Other host", "Drive", "Missing")
    for text in texts:
        assert whole.find("img", alt=text) is None
        assert f"{text} (not in the repository)" in whole.text or text in ("Address", "Drive")
    assert SECRET not in file.read_text("utf-8")


def test_scripts_of_the_text_are_dropped_and_what_lessons_use_is_kept(shown):
    whole, file = shown
    text = file.read_text("utf-8")
    assert not [tag for tag in whole.find_all("script") if "document.title" in tag.text]
    assert whole.find("iframe") is None
    for tag in whole.find_all(True):
        assert not [name for name in tag.attrs if name.startswith("on")], tag
        assert not tag.get("href", "").strip().lower().startswith("javascript:"), tag
    fold = whole.find("details", class_="kept")
    assert fold.summary.text == "Solution with code"
    assert fold.find(class_="highlight").text.strip() == "kept = 1"
    assert whole.find("b", string="bold") is not None
    assert "<math" in text and "<td" in text


def test_readers_are_told_whom_to_trust(capsys):
    with pytest.raises(SystemExit):
        main(["--help"])
    said = [capsys.readouterr().out, CliRunner().invoke(app, ["compare", "--help"]).stdout]
    said.append((ROOT / "README.md").read_text("utf-8"))
    for text in said:
        words = " ".join(re.findall(r"\w+", text))
        assert "notebooks that you trust" in words
        assert "scripts" in words
