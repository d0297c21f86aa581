-- SPDX-License-Identifier: MIT
-- How the page of a trace looks: light and dark, on a screen and on paper. For stdlib/trace_html.lua.

return { text = [[
:root { --back: #fff; --text: #1d2330; --dim: #5a6376; --line: #d5dae3; --soft: #f3f5f9; --bad: #b3261e;
  --q: #b8bfcc; --r: #8e6bbf; --k: #d98b1f; --l: #b5589a; --s: #1f9c8b; --w: #3b76c9; --v: #4c9a3f; --d: #7a5c3e; }
@media (prefers-color-scheme: dark) {
  :root { --back: #14171d; --text: #e5e9f0; --dim: #9aa4b6; --line: #333a47; --soft: #1d222b; --bad: #ff8a80;
    --q: #596377; --r: #b79be0; --k: #f0b057; --l: #dd8cc7; --s: #4fc7b5; --w: #6fa5f0; --v: #7fcc70; --d: #c2a283; }
}
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 90rem; padding: 1rem 1.5rem 4rem; background: var(--back); color: var(--text);
  font: 15px/1.45 system-ui, sans-serif; }
h1 { font-size: 1.5rem; margin: 0; } h2 { font-size: 1.15rem; margin: 2rem 0 .5rem; }
h3 { font-size: .85rem; font-weight: 600; color: var(--dim); margin: 1.2rem 0 .2rem; }
header p { margin: .2rem 0; } .small, small, figcaption { color: var(--dim); font-size: .85rem; }
figure { margin: 1.2rem 0; } svg.o { width: 100%; height: 72px; background: var(--soft); display: block; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: .2rem .9rem .2rem 0; border-bottom: 1px solid var(--line); white-space: nowrap; }
th { color: var(--dim); font-weight: 600; } .num { text-align: right; }
.legend { display: flex; flex-wrap: wrap; gap: .2rem 1.1rem; list-style: none; padding: 0; margin: .4rem 0; }
.legend svg { width: 12px; height: 12px; margin-right: .35rem; }
section { content-visibility: auto; contain-intrinsic-size: auto 2600px; }
.axis, summary { display: grid; column-gap: .7rem; align-items: center;
  grid-template-columns: 3.6rem minmax(9rem, 17rem) 9rem 5.5rem minmax(12rem, 1fr); }
.axis { color: var(--dim); font-size: .75rem; display: flex; justify-content: space-between;
  margin-left: calc(100% - max(12rem, 100% - 3.6rem - 17rem - 9rem - 5.5rem - 2.8rem)); }
summary { cursor: pointer; list-style: none; min-height: 1.6rem; border-bottom: 1px solid var(--line);
  font-size: .85rem; font-variant-numeric: tabular-nums; }
summary::-webkit-details-marker { display: none; }
summary:hover { background: var(--soft); } summary:focus-visible { outline: 2px solid var(--w); outline-offset: -2px; }
summary > * { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.n, .t { text-align: right; color: var(--dim); } .t { color: inherit; }
.c svg { width: 100%; height: 16px; background: var(--soft); display: block; }
.f .a, .f .p { color: var(--bad); font-weight: 600; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .15rem 1rem; margin: 0;
  padding: .6rem 1rem .8rem 4.3rem;
  background: var(--soft); font-size: .85rem; }
dt { color: var(--dim); } dd { margin: 0; overflow-wrap: anywhere; min-width: 0; }
pre { margin: 0; font: 12.5px/1.4 ui-monospace, monospace; white-space: pre-wrap; overflow-wrap: anywhere; }
.q { fill: var(--q); } .r { fill: var(--r); } .k { fill: var(--k); } .l { fill: var(--l); } .s { fill: var(--s); }
rect.w { fill: var(--w); } .v { fill: var(--v); } .d { fill: var(--d); } .x { fill: var(--bad); }
body:has(#only:checked) .c:not(.f), body:has(#only:checked) section:not(:has(.f)) { display: none; }
@media (max-width: 50rem) {
  .axis { margin-left: 0; }
  summary { grid-template-columns: 2.6rem 1fr 5rem; padding: .2rem 0; }
  .a { display: none; } .c svg { grid-column: 1 / -1; } dl { grid-template-columns: 1fr; padding-left: 1rem; }
}
@media print {
  body { max-width: none; padding: 0; font-size: 11px; } .only { display: none; }
  section { content-visibility: visible; }
  svg, rect { -webkit-print-color-adjust: exact; print-color-adjust: exact; }
}
]] }
