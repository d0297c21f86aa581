-- SPDX-License-Identifier: MIT
-- The style of a run's report: for light and dark screens, narrow ones, and paper. For stdlib/run_report.lua.

return [[
:root { color-scheme: light dark; --ground: #fff; --card: #f6f7f9; --ink: #1b1f24; --soft: #57606a; --line: #d5dae0;
  --done: #2f6fb5; --failed: #b3380b; --open: #8a6100; --good: #1a6d3a; }
@media (prefers-color-scheme: dark) { :root { --ground: #14171b; --card: #1d2127; --ink: #e7eaee; --soft: #a4adb8;
  --line: #39414b; --done: #6aa9ec; --failed: #ff8d64; --open: #e3b341; --good: #62c98a; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 60rem; padding: 2rem 1.25rem 3rem; background: var(--ground); color: var(--ink);
  font: 1rem/1.5 system-ui, "Segoe UI", "Noto Sans", sans-serif; }
h1 { margin: 0 0 .25rem; font-size: 1.6rem; line-height: 1.25; overflow-wrap: anywhere; }
h2 { margin: 2.25rem 0 .5rem; font-size: 1.2rem; }
p { margin: .4rem 0; } .soft { color: var(--soft); }
.verdict { margin: 1.25rem 0; padding: .9rem 1.1rem; border-left: .35rem solid var(--open); background: var(--card);
  font-size: 1.1rem; } .verdict.good { border-color: var(--good); } .verdict.bad { border-color: var(--failed); }
.cards { display: flex; flex-wrap: wrap; gap: .75rem; margin: 1rem 0; padding: 0; list-style: none; }
.cards li { flex: 1 1 8rem; padding: .6rem .9rem; border: 1px solid var(--line); border-radius: .4rem; }
.cards b { display: block; font-size: 1.5rem; line-height: 1.3; } .cards span { color: var(--soft); font-size: .9rem; }
.n-done { color: var(--done); } .n-failed { color: var(--failed); } .n-open { color: var(--open); }
figure { margin: .75rem 0; } figcaption { color: var(--soft); font-size: .9rem; }
svg { display: block; width: 100%; height: auto; } svg text { fill: var(--soft); font-size: 12px; }
.done { fill: var(--done); } .failed { fill: var(--failed); } .open { fill: var(--open); }
.axis { stroke: var(--line); stroke-width: 1; } .key { display: inline-block; width: .8em; height: .8em; }
.wide { overflow-x: auto; }
table { width: 100%; border-collapse: collapse; font-size: .93rem; }
th, td { padding: .4rem .6rem .4rem 0; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top;
  overflow-wrap: anywhere; }
th { color: var(--soft); font-weight: 600; overflow-wrap: normal; }
.r { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
th.r { white-space: normal; }
.op { white-space: nowrap; } th.t { width: 11rem; }
td.t { white-space: nowrap; font-variant-numeric: tabular-nums; }
code { font: .9em ui-monospace, "DejaVu Sans Mono", monospace; overflow-wrap: anywhere; }
ol, ul { padding-left: 1.3rem; } li { margin: .25rem 0; }
@media screen and (max-width: 42rem) { .stack, .stack tbody, .stack tr, .stack td { display: block; }
  .stack thead { display: none; } .stack tr { padding: .5rem 0; border-bottom: 1px solid var(--line); }
  .stack td { padding: .1rem 0; border: 0; text-align: left; white-space: normal; }
  .stack td:empty { display: none; } .stack td::before { content: attr(data-h) ": "; color: var(--soft); }
  .op { white-space: normal; overflow-wrap: anywhere; } }
@media print { :root { font-size: 10pt; color-scheme: light; --ground: #fff; --card: #fff; --ink: #000; --soft: #333;
  --line: #999;
  --done: #2f6fb5; --failed: #b3380b; --open: #8a6100; --good: #1a6d3a; }
  body { max-width: none; padding: 0; font-size: 10pt; } h2 { break-after: avoid; }
  tr, figure, .cards li, .verdict { break-inside: avoid; } thead { display: table-header-group; }
  svg, .key { print-color-adjust: exact; -webkit-print-color-adjust: exact; } .wide { overflow: visible; } }
]]
