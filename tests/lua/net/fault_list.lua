-- SPDX-License-Identifier: MIT
-- The 45 faults of a vendor, or of what stands between, that beadle is tested with, and what it makes of each. The one
-- list of them: verdicts.lua plays it, and docs/faults.md shows it (tests/docs/faults.lua).
--
-- A fault has a name, a class (below), and forms: paths below /fault/ of the test server (`testserver --list`), as text
-- or as { path, ... } with
--   class     where the form differs from the others
--   control   it is the same without the fault
--   kind      of the error, where the class does not say
--   limit     the time that one request may take
--   early     the server answers, or stops reading, before it has the whole request
--   large     too much for one byte at a time; `huge`: and for many at once
--   server    options of a server of its own, which passes nothing on; `tls`: the certificate's files are put in
--   tls       played under TLS
--   url       no test server at all
--   strange   what speaks against it; the request does not leave

local M = {}

-- What beadle makes of a class of faults, in the words of the page. `attempts`: how often a request is sent that may
-- be repeated, or was certainly not carried out.
M.classes = {
  good = { title = "The answer is good all the same",
    read = "done", key = "done", none = "done" },
  lost = { kind = "network", attempts = 3, title = "The answer is lost, late, or cut",
    read = "asked again, 3 times at most; then the row fails",
    key = "settled, and done; while the fault lasts the row fails, and `beadle resume` settles it",
    none = "in doubt, sent once" },
  failing = { kind = "server", attempts = 3, title = "The server fails (500, 502, 503, 504)",
    read = "asked again, 3 times at most, not before Retry-After; then the row fails",
    key = "settled, and done; while the fault lasts the row fails, and `beadle resume` settles it",
    none = "in doubt, sent once" },
  unusable = { kind = "decode", attempts = 1, title = "The answer cannot be used",
    read = "the row fails: the answer would be the same again",
    key = "settled, and done; while the fault lasts the row fails, and `beadle resume` settles it",
    none = "in doubt, sent once" },
  busy = { attempts = 3, title = "The vendor asks to come later (408, 425, 429)",
    read = "asked again, 3 times at most, not before Retry-After; then the row fails",
    key = "sent again, 3 times at most, not before Retry-After; then the row fails",
    none = "sent again, 3 times at most, not before Retry-After; then the row fails" },
  pause = { kind = "rate_limit", attempts = 1, title = "The vendor asks for a pause of more than 2 min",
    read = "the row fails with `retry_after`; in a batch it is parked until then",
    key = "the row fails with `retry_after`; in a batch it is parked until then",
    none = "the row fails with `retry_after`; in a batch it is parked until then" },
  refused = { kind = "rejected", attempts = 1, title = "The vendor refuses",
    read = "the row fails", key = "the row fails, nothing was done", none = "the row fails, nothing was done" },
  token = { kind = "auth", attempts = 2, title = "The token is not accepted any more",
    read = "one new token, and asked once more; then the row fails",
    key = "one new token, and sent once more; then the row fails",
    none = "one new token, and sent once more; then the row fails" },
  unsent = { kind = "network", attempts = 3, title = "The request does not leave",
    read = "tried again, 3 times at most; then the row fails",
    key = "tried again, 3 times at most; then the row fails, nothing was done",
    none = "tried again, 3 times at most; then the row fails, nothing was done" },
}

M.order = { "good", "lost", "failing", "unusable", "busy", "pause", "refused", "token", "unsent" }

local DAY = "Sun, 06 Nov 1994 08:49:37 GMT" -- in the past

local function status(code, retry_after)
  local escaped = retry_after and retry_after:gsub("[^%w]", function(c) return ("%%%02X"):format(c:byte()) end)
  return ("status/%d%s"):format(code, escaped and "?retry-after=" .. escaped or "")
end

M.faults = {
  -- What was seen of libcurl
  { "the connection is reset before or within the answer", "lost", { "reset-before-answer", "reset-mid-body" } },
  { "the connection is closed without an answer", "lost", { "close-without-answer" } },
  { "the body is shorter than its Content-Length", "lost", { "short-body" } },
  { "the body is longer than its Content-Length", "good", { { "long-body", apart = true } } },
  { "two Content-Lengths", "unusable", { "two-content-lengths", "two-content-lengths/300/200",
    { "two-content-lengths/200/200", class = "good" } } },
  { "a negative Content-Length, or a NUL in a header", "unusable", { "negative-content-length",
    "word-content-length", "nul-in-header", "header-without-colon" } },
  { "Content-Length and chunks together", "good", { "length-and-chunked", "chunked" } },
  { "a chunk is cut, or the last one is missing", "lost", { "chunked-cut", "chunked-no-final" } },
  { "a chunk's size is no number", "unusable", { "bad-chunk-size" } },
  { "no length, and closed early", "unusable", { "no-length-cut", { "no-length-close", class = "good" } } },
  { "HTTP/0.9, or no HTTP at all", "unusable", { "http09", "garbage", "wrong-version" } },
  { "one header of 400 kB, or 2 MB of headers", "unusable", { { "header-huge", large = true },
    { "headers-many", large = true } } },
  { "headers that come byte by byte, without end", "lost", { { "header-drip", kind = "timeout", limit = "1500 ms" } } },
  { "a body that comes byte by byte, without end", "lost", { { "body-drip", kind = "timeout", limit = "1500 ms" } } },
  { "50 informational answers", "unusable", { "informational", "informational/21",
    { "informational/20", class = "good" } } },
  { "204 with a body", "unusable", { { "body-on-204", apart = true } } },
  { "a gzip bomb", "unusable", { { "gzip-bomb/40", large = true, huge = true } } },
  { "a gzip that is cut in half", "lost", { "gzip-cut", { "gzip", class = "good", control = true } } },
  { "a broken or unknown encoding, or seven of them", "unusable", { "gzip-broken", "gzip-bad-crc", "gzip-trailing",
    "deflate/raw", "unknown-encoding", "encodings-7" } },
  { "a certificate of nobody known, or of another host", "unsent", {
    { "certificate", server = { "--tls" }, strange = "ca", attempts = 1 },
    { "certificate of another host", server = { "--tls" }, strange = "host", attempts = 1 } } },
  -- Redirects, which are never followed
  { "a redirect (302) to another origin", "unusable", { "redirect?to=http%3A%2F%2Flocalhost%3A9%2Fx" } },
  { "a redirect (302) within the same origin", "unusable", { "redirect?to=%2Fjson" } },
  { "a redirect (303) behind a POST", "unusable", { "redirect?code=303&to=%2Fjson" } },
  { "a redirect (307) that wants the body sent again", "unusable", {
    "redirect?code=307&to=http%3A%2F%2Flocalhost%3A9%2Fx", "redirect?code=308&to=%2Fjson" } },
  { "a redirect to another name of the same address", "unusable", { "redirect?to=http%3A%2F%2F127.0.0.1%3A9%2Fx" } },
  { "a redirect to a file", "unusable", { "redirect?to=file%3A%2F%2F%2Fetc%2Fpasswd" } },
  -- Before the request leaves
  { "a name that nobody knows", "unsent", { { "no name", url = "https://no..such..host" } } },
  { "a name service that does not answer", "unsent", { { "slow name", url = "https://slow-name.test:9",
    kind = "timeout", limit = "1500 ms" } } },
  { "nobody listens", "unsent", { { "closed port", url = "closed" } } },
  { "no way leads there, or nobody answers", "unsent", { { "no route", url = "https://255.255.255.255:9" },
    { "nobody accepts", server = { "--full" }, kind = "timeout", limit = "1500 ms" } } },
  -- Under way
  { "a TLS alert, or bytes that are not encrypted, within the answer", "lost", { { "tls-alert", tls = true },
    { "tls-garbage", tls = true } } },
  { "401 after some calls", "token", { status(401) } },
  { "429 and 503 with every form of Retry-After", "busy", {
    { status(429), kind = "rate_limit" }, { status(429, "1"), kind = "rate_limit" },
    { status(429, "0"), kind = "rate_limit" }, { status(429, DAY), kind = "rate_limit" },
    { status(429, "soon"), kind = "rate_limit" }, { status(429, "-5"), kind = "rate_limit" },
    { status(429, "1e9"), kind = "rate_limit" }, { status(429, "99999999999999999999"), kind = "rate_limit" },
    { status(429, "3600"), class = "pause" }, { status(408), kind = "rejected" }, { status(425), kind = "rejected" },
    { status(503, "1"), class = "failing" }, { status(503, DAY), class = "failing" },
    { status(503, "soon"), class = "failing" }, { status(503, "99999999999999999999"), class = "failing" } } },
  { "500 though it was done", "failing", { status(500), status(502), status(503), status(504) } },
  { "more JSON than the limit of 32 MiB", "unusable", { { "json-huge/33", large = true, huge = true } } },
  { "JSON of 100,000 levels", "unusable", { { "json-deep", large = true } } },
  { "JSON with the same name twice", "unusable", { "json-duplicate-keys" } },
  { "text that is no UTF-8", "unusable", { "json-latin1" } },
  { "a page of HTML with status 200", "unusable", { "html-200", "empty-200", "wrong-type", "json-half",
    "json-long-number", "status/304" } },
  { "JSON behind a byte order mark", "unusable", { "json-bom" } },
  { "another charset than it says", "good", { "wrong-charset" } },
  { "an answer that nobody asked for, on a kept connection", "good", { "answer-twice" } },
  { "413 while the request is being sent", "refused", { { "early-413", early = true },
    status(413), status(400), status(422), { status(403), kind = "permission" }, { status(404), kind = "not_found" },
    { status(409), kind = "conflict" } } },
  { "HTTP/2: GOAWAY, or a stream that is reset", "lost", { { "GOAWAY", server = { "--tls", "--h2" } },
    { "REFUSED_STREAM", server = { "--tls", "--h2-reset", "7" } } } },
  { "a server that stops reading, or never answers", "lost", {
    { "stall-upload", kind = "timeout", limit = "1500 ms", early = true },
    { "accept-then-silence", kind = "timeout", limit = "1500 ms" } } },
}

-- each(fn): calls fn(fault, form) with both filled in: fault.number, fault.name; form.path, form.class, form.kind.
function M.each(fn)
  for number, fault in ipairs(M.faults) do
    fault.number, fault.name = number, fault[1]
    for index, form in ipairs(fault[3]) do
      form = type(form) == "table" and form or { form }
      fault[3][index] = form
      form.path, form.class = form[1], form.class or fault[2]
      form.kind = form.kind or M.classes[form.class].kind
      form.attempts = form.attempts or M.classes[form.class].attempts or 1
      fn(fault, form)
    end
  end
end

return M
