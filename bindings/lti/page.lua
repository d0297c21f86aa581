-- SPDX-License-Identifier: MIT
-- The HTML of launches: a form that submits itself, and the page that tells a person what went wrong. Pages load
-- nothing, run no script but the one that submits, and work by a button where scripts are off.

local M = {}

local ESCAPES = { ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;", ["\""] = "&quot;", ["'"] = "&#39;" }

function M.escape(text)
  return (tostring(text):gsub("[&<>\"']", ESCAPES):gsub("\r", "&#13;"):gsub("\n", "&#10;"))
end

-- A field named "submit" would hide the form's own method of that name. The policy allows this script by its hash
-- alone: base64 of the SHA-256 of its bytes (Content Security Policy Level 3, "script-src").
local SCRIPT = "HTMLFormElement.prototype.submit.call(document.forms[0])"
local SCRIPT_HASH = "sha256-ox4bri+xTrW3kuLTyRoak73QX8KZGuyP3JlQYusbSlA="

-- Chromium applies form-action to the redirects of a form's answer too, and a tool may lead anywhere: it is left out.
M.policy = "default-src 'none'; base-uri 'none'; script-src '" .. SCRIPT_HASH .. "'"

-- What every answer with such a page is sent with: it holds what is valid once, about one person.
M.headers = {
  ["Content-Type"] = "text/html; charset=utf-8", ["Content-Security-Policy"] = M.policy,
  ["Cache-Control"] = "no-store", ["X-Content-Type-Options"] = "nosniff",
}

local SUBMIT = [[
<!DOCTYPE html>
<html lang="%s">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="%s">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>%s</title>
</head>
<body>
<form action="%s" method="post" enctype="application/x-www-form-urlencoded" accept-charset="utf-8" autocomplete="off">
%s
<noscript><p>%s</p><button>%s</button></noscript>
</form>
<script>%s</script>
</body>
</html>
]]

-- submit{url, fields = list of {name, value}, title, language}: a page with a form that submits itself.
function M.submit(options)
  local inputs = {}
  for i, field in ipairs(options.fields) do
    inputs[i] = ("<input type=\"hidden\" name=\"%s\" value=\"%s\">"):format(M.escape(field[1]), M.escape(field[2]))
  end
  return SUBMIT:format(M.escape(options.language or "en"), M.escape(M.policy), M.escape(options.title or "Launch"),
    M.escape(options.url), table.concat(inputs, "\n"), "This page goes on by itself where scripts are allowed.",
    "Continue", SCRIPT)
end

local FAILURE = [[
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>%s</title>
</head>
<body>
<h1>%s</h1>
<p>%s</p>
</body>
</html>
]]

-- The page for a person whose launch is refused. `text` is a sentence.
function M.failure(title, text)
  return FAILURE:format(M.escape(title), M.escape(title), M.escape(text))
end

return M
