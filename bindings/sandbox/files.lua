-- SPDX-License-Identifier: MIT
-- Files that twins answer with: small, and real enough for a viewer to open.

local M = {}

-- One page that says what it is; enough for a viewer to open.
function M.pdf(text)
  local stream = ("BT /F1 18 Tf 72 760 Td (%s) Tj ET"):format((text:gsub("[()\\]", "\\%0")))
  local objects = {
    "<< /Type /Catalog /Pages 2 0 R >>",
    "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
    "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R "
      .. "/Resources << /Font << /F1 5 0 R >> >> >>",
    ("<< /Length %d >>\nstream\n%s\nendstream"):format(#stream, stream),
    "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
  }
  local file, offsets = "%PDF-1.4\n", {}
  for number, object in ipairs(objects) do
    offsets[number] = #file
    file = file .. ("%d 0 obj\n%s\nendobj\n"):format(number, object)
  end
  local start = #file
  file = file .. ("xref\n0 %d\n0000000000 65535 f \n"):format(#objects + 1)
  for _, offset in ipairs(offsets) do
    file = file .. ("%010d 00000 n \n"):format(offset)
  end
  return file .. ("trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n"):format(#objects + 1, start)
end

-- An image of one blue dot, PNG.
local DOT = "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c4944415478da6390cfdf0a"
  .. "0001f40144480251870000000049454e44ae426082"

M.png = DOT:gsub("%x%x", function(hex) return string.char(tonumber(hex, 16)) end)

return M
