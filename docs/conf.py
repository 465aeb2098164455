"""The configuration of the site; sidebyside.site builds it."""

project = "sidebyside"
html_title = "sidebyside"
extensions = ["myst_nb", "sphinx_design", "sidebyside.site"]
language = "en"
suppress_warnings = [
    "toc.not_included"
]  # the navigation is made from the pairs

nb_execution_mode = "off"  # stored outputs are shown
nb_merge_streams = True
nb_output_stderr = "remove"
nb_ipywidgets_js = {}  # from another host
nb_number_source_lines = False
myst_enable_extensions = ["dollarmath", "attrs_inline", "colon_fence"]
myst_dmath_allow_space = False
myst_dmath_allow_digits = False
myst_heading_anchors = 3

templates_path = ["_templates"]
html_theme = "furo"
html_static_path = ["_static"]
html_favicon = "_static/favicon.svg"
html_math_renderer = "mathml"
html_copy_source = False
html_show_sourcelink = False
html_show_copyright = False
html_use_index = False
html_domain_indices = False
html_sidebars = {
    "**": [
        "sidebar/brand.html",
        "sidebar/search.html",
        "sidebar/scroll-start.html",
        "sidebar/lessons.html",
        "sidebar/scroll-end.html",
    ]
}
pygments_style = "sidebyside.view.highlighting.Light"
pygments_dark_style = "sidebyside.view.highlighting.Dark"
FONTS = (
    'system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif'
)
html_theme_options = {
    "light_css_variables": {
        "font-stack": FONTS,
        "font-stack--monospace": "var(--sbs-mono)",
        "color-brand-primary": "#0550ae",
        "color-brand-content": "#0550ae",
        "color-brand-visited": "#6639ba",
        "color-foreground-primary": "#1f2328",
        "color-foreground-secondary": "#59636e",
        "color-foreground-muted": "#59636e",
        "color-background-secondary": "#f6f8fa",
        "color-background-border": "#d1d9e0",
    },
    "dark_css_variables": {
        "color-brand-primary": "#79c0ff",
        "color-brand-content": "#79c0ff",
        "color-brand-visited": "#d2a8ff",
        "color-foreground-primary": "#e6edf3",
        "color-foreground-secondary": "#9aa4af",
        "color-foreground-muted": "#9aa4af",
        "color-background-primary": "#0d1117",
        "color-background-secondary": "#161b22",
        "color-background-border": "#3d444d",
    },
}
