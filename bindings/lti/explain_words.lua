-- SPDX-License-Identifier: MIT
-- Sentences for what is wrong with a launch, by the reasons of oauth1.verify, jwt.verify and the checks of LTI.

local M = {}

local WORDS = {
  missing_parameter = "%s is missing", duplicate_parameter = "%s stands there twice",
  missing_claim = "the claim %s is missing", malformed_claim = "the claim %s is not of its kind",
  wrong_body_hash = "the body is not the one that was signed: oauth_body_hash is of another",
  missing_body_hash = "oauth_body_hash is missing, so the body is not signed",
  malformed_parameter = "%s is not of its kind", not_utf8 = "%s is not UTF-8",
  unexpected_parameter = "%s does not belong there: there is no access token in LTI",
  missing_signature = "there is no signature", bad_signature = "the signature is not by this key",
  missing_kid = "the header names no key (kid)", unusable_key = "the key of that name cannot be used",
  key_in_header = "the header brings its own key (%s), which proves nothing",
  malformed_token = "it is no token that can be read", malformed_authorization = "the header cannot be read",
}

-- A reason and its detail as a sentence, without a full stop.
function M.of(reason, detail)
  detail = detail or {}
  local what = detail.parameter or detail.claim or detail.part or ""
  local text = (WORDS[reason] or reason:gsub("_", " ")):gsub("%%s", (tostring(what):gsub("%%", "%%%%")))
  if detail.given ~= nil and detail.expected ~= nil then
    text = ("%s%s: it is %s, not %s"):format(text, WORDS[reason] and "" or what ~= "" and " in " .. what or "",
      tostring(detail.given), tostring(detail.expected))
  elseif detail.why then
    text = ("%s: %s"):format(text, detail.why)
  end
  return text
end

local UNITS = { { 86400, "day" }, { 3600, "hour" }, { 60, "minute" }, { 1, "second" } }

-- How far a time is from now: "3 minutes ago", "in 2 hours", "now".
function M.distance(seconds)
  local size = math.abs(seconds)
  for _, unit in ipairs(UNITS) do
    local count = math.floor(size / unit[1])
    if count >= 1 then
      local text = ("%d %s%s"):format(count, unit[2], count > 1 and "s" or "")
      return seconds < 0 and text .. " ago" or "in " .. text
    end
  end
  return "now"
end

-- The names of the keys of a set.
function M.kids(set)
  local names = {}
  for _, jwk in ipairs(type(set) == "table" and type(set.keys) == "table" and set.keys or {}) do
    names[#names + 1] = type(jwk) == "table" and tostring(jwk.kid) or nil
  end
  return #names > 0 and table.concat(names, ", ") or "none"
end

local AROUND = 60 -- bytes that are shown on either side of a difference

-- compare(here, there) -> list of lines: both around their first difference, with a caret below it; nil when they are
-- the same.
function M.compare(here, there)
  if here == there then
    return nil
  end
  local at = 1
  while at <= #here and here:byte(at) == there:byte(at) do
    at = at + 1
  end
  local first = math.max(1, at - AROUND)
  local lead = first > 1 and "…" or " "
  local function piece(text)
    local last = at + AROUND
    return lead .. text:sub(first, last):gsub("[\128-\255%c]", "?") .. (last < #text and "…" or "")
  end
  return {
    ("base strings, from byte %d on; they differ at byte %d of %d here and %d there"):format(first, at, #here, #there),
    "here   " .. piece(here),
    "there  " .. piece(there),
    "        " .. (" "):rep(at - first) .. "^",
  }
end

return M
