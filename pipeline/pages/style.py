"""How the pages look that reports are written as."""

STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; color: #1c2430; max-width: 900px; margin: 2em auto;
  padding: 0 1em; }
h1 { font-size: 1.5em; } h2 { font-size: 1.15em; margin: 2em 0 0.2em; }
p { margin: 0.2em 0 0.6em; color: #4b5563; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; width: 100%; }
td, th { padding: 2px 8px; text-align: right; border-bottom: 1px solid #e5e7eb; }
td:first-child, th:first-child { text-align: left; }
svg { width: 100%; } svg line { stroke: #e5e7eb; } svg .cut { stroke: #9ca3af;
  stroke-dasharray: 4 3; } svg polyline { fill: none; stroke-width: 1.5; }
svg text { font-size: 11px; fill: #6b7280; }
.key { margin-right: 1.2em; } .key i { display: inline-block; width: 14px; height: 3px;
  margin-right: 5px; vertical-align: middle; }
img { max-width: 100%; } .four { display: grid; grid-template-columns: 1fr 1fr; gap: 6px; }
figure { margin: 0; } figcaption { font-size: 12px; color: #6b7280; }
"""
