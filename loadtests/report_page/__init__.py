"""A run as one HTML file that needs nothing else: to read, to pass on, to compare with another.

html       elements, with everything escaped (pure)
chart      a line chart over time as SVG (pure)
slices     a run's seconds, joined until they fit on a page (pure)
panels     the charts of a run, each with its table (pure)
sections   everything else on the page (pure)
page       one run (pure)
compare    two runs: what became worse, and both curves (pure)
commands   `python -m loadtests report` and `compare`
page.css   how it looks, on paper white and in the dark
"""
