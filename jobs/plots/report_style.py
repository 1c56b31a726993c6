"""How report.html looks: system fonts, one column, tables that turn into cards where the screen is narrow."""

STYLE = """
*{box-sizing:border-box}
body{margin:0;font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif}
body{color:#1c1c1c;background:#f6f6f4}
header,main{max-width:1120px;margin:0 auto;padding:0 20px}
header{padding-top:22px}
h1{font-size:1.7rem;margin:0;overflow-wrap:anywhere}
header p{margin:.2rem 0}
h2{font-size:1.25rem;margin:0 0 .7rem}
h3{font-size:1rem;margin:1.2rem 0 .5rem}
nav{margin:.8rem 0 1.2rem;line-height:2}
nav a{margin-right:1rem;color:#005a94}
.verdict{padding:.6rem .8rem;border-left:6px solid;background:#fff;border-radius:4px}
.good{border-color:#009e73}.good b{color:#00704f}
.bad{border-color:#c0392b}.bad b{color:#b02a1c}
section{background:#fff;border:1px solid #e2e2de;border-radius:8px;padding:16px 18px;margin:0 0 18px}
table{border-collapse:collapse;width:100%;margin:0 0 1rem;font-size:.93rem}
th{text-align:left;font-weight:600;color:#555;border-bottom:2px solid #ddd;padding:4px 12px 4px 0;vertical-align:bottom}
td{border-bottom:1px solid #eee;padding:5px 12px 5px 0;vertical-align:top;overflow-wrap:anywhere}
td.name{font-weight:600;overflow-wrap:normal;word-break:normal}
td.value{font-variant-numeric:tabular-nums;overflow-wrap:break-word}
td.unit{overflow-wrap:break-word}
table.options td.value{overflow-wrap:anywhere}
table.checks td.value,table.checks td.pass,table.checks td.idle{white-space:nowrap}
td.pass{color:#00704f}td.fail{color:#b02a1c;font-weight:700}td.idle{color:#777}
td.sentence{color:#333}
figure{margin:0 0 1.4rem}
figure div{display:grid;gap:4px}
figure.single div{max-width:760px}
figure.tiles div{grid-template-columns:repeat(3,1fr)}
img{width:100%;height:auto;display:block}
figcaption{color:#444;font-size:.93rem}
figcaption small{color:#777}
pre{white-space:pre-wrap;overflow-wrap:anywhere;background:#f3f3f0;padding:10px;border-radius:4px;font-size:.85rem}
@media (max-width:700px){
header,main{padding:0 10px}
section{padding:12px 10px}
figure.tiles div{grid-template-columns:1fr}
table.cards thead{display:none}
table.cards,table.cards tbody,table.cards tr,table.cards td{display:block;width:100%}
table.cards tr{border-bottom:1px solid #ddd;padding:6px 0}
table.cards td{border:0;padding:1px 0}
table.cards td:not(.name):not(.sentence){display:inline-block;width:auto;max-width:100%;margin-right:16px}
table.cards td:empty{display:none!important}
table.cards td.name{font-size:1rem}
table.cards td:not(.name):not(.sentence)::before{content:attr(data-label) ": ";color:#777}
}
@media print{body{background:#fff}section{break-inside:avoid;border:0}nav{display:none}}
"""
