-- SPDX-License-Identifier: MIT
-- beadle.csv: files as they really are, read exactly or refused; what is written is read back.

local csv = require "beadle.csv"
local fs = require "beadle.fs"
local test = require "beadle.test"
local console = require "recipe_console"
local describe, it, equal, same = test.describe, test.it, test.equal, test.same

local FOLDER = "tests/fixtures/csv/"

-- All rows of a reader, and their lines.
local function all(reader)
  local rows, lines = {}, {}
  for row, line in reader:rows() do
    rows[#rows + 1], lines[#lines + 1] = row, line
  end
  reader:close()
  return rows, lines
end

local function refused(name, pattern, line)
  local err = test.raises("decode", function()
    all(csv.open(FOLDER .. name))
  end)
  test.match(err.message, pattern)
  test.contains(err.message, name)
  equal(err.line, line)
end

test.after_each(console.clean)

describe("lines are passed over", function()
  local function written(text)
    local path = os.tmpname()
    local file <close> = assert(io.open(path, "wb"))
    file:write(text)
    return path
  end

  for _, ending in ipairs { "\n", "\r\n", "\r" } do
    it(("with the ending %q"):format(ending), function()
      local list = { "n" }
      for index = 1, 30000 do -- more than a block
        list[#list + 1] = ("%d"):format(index)
      end
      local path = written(table.concat(list, ending))
      local reader = csv.open(path)
      reader:pass_over(29997)
      local rows, lines = all(reader)
      os.remove(path)
      equal(#rows, 3)
      equal(rows[1].n, "29998")
      equal(lines[1], 29999)
    end)
  end

  it("to the end and no further", function()
    local path = written "n\n1\n2\n"
    local reader = csv.open(path)
    reader:pass_over(5)
    equal(#all(reader), 0)
    os.remove(path)
  end)
end)

describe("a file is recognised:", function()
  it("comma, UTF-8, LF", function()
    local reader = csv.open(FOLDER .. "plain.csv")
    equal(reader:describe(), "4 columns, comma, UTF-8, LF")
    equal(all(reader)[2].fst_nam, "Zoé")
  end)

  it("semicolon, Windows-1252, CRLF, with quotes and ligatures beyond Latin-1", function()
    local reader = csv.open(FOLDER .. "excel_semicolon_1252.csv")
    equal(reader:describe(), "4 columns, semicolon, Windows-1252, CRLF")
    equal(all(reader)[2].lst_nam, "d’Arc – Œuvrard")
  end)

  it("byte order mark", function()
    local reader = csv.open(FOLDER .. "excel_semicolon_bom.csv")
    equal(reader.columns[1], "ema")
    test.contains(reader:describe(), "byte order mark")
  end)

  it("tab", function()
    local reader = csv.open(FOLDER .. "tab.tsv")
    equal(reader.delimiter, "\t")
    equal(all(reader)[1].lst_nam, "Lovelace, Countess")
  end)

  it("the delimiter that a spreadsheet noted", function()
    local rows, lines = all(csv.open(FOLDER .. "excel_sep_line.csv"))
    same(rows, { { ema = "ada@example.org", note = "a,b,c,d" } })
    same(lines, { 3 })
  end)

  it("CR alone", function()
    local reader = csv.open(FOLDER .. "old_mac.csv")
    equal(reader.line_ending, "\r")
    equal(#all(reader), 2)
  end)

  it("one column", function()
    same(all(csv.decode "ema\nada@example.org"), { { ema = "ada@example.org" } })
  end)

  it("what the caller says counts more", function()
    equal(csv.decode("a;b\n", { delimiter = "," }).columns[1], "a;b")
    equal(all(csv.decode("a\nZo\xC3\xA9\n", { encoding = "Windows-1252" }))[1].a, "ZoÃ©")
  end)

  it("an encoding that shows only far behind the first block", function()
    local text = "a\n" .. ("plain\n"):rep(40000) .. "Ren\xE9\n"
    local rows = all(csv.decode(text))
    equal(rows[#rows].a, "René")
  end)

  it("a character that two blocks share", function()
    for padding = 65530, 65540 do
      local reader = csv.decode("a\n" .. ("x"):rep(padding) .. "é\n")
      equal(reader.encoding, "UTF-8")
      equal(all(reader)[1].a:sub(-2), "é")
    end
  end)
end)

describe("cells", function()
  it("may hold quotes, delimiters and line breaks", function()
    local rows, lines = all(csv.open(FOLDER .. "quoted.csv"))
    equal(rows[1].note, "said \"hello\"")
    equal(rows[2]["full name"], "Hopper,\r\nGrace")
    equal(rows[2].note, "")
    same(lines, { 2, 3, 6 })
  end)

  it("keep their spaces, column names do not", function()
    same(all(csv.decode " a , b\n x ,y \n"), { { a = " x ", b = "y " } })
  end)

  it("of lines that end between two blocks are whole", function()
    for padding = 65530, 65537 do
      local rows, lines = all(csv.decode("a\r\n" .. ("x"):rep(padding) .. "\r\nlast\r\n"))
      equal(rows[2].a, "last")
      equal(lines[2], 3)
    end
  end)
end)

describe("a file is refused that has", function()
  it("rows of another length", function()
    refused("ragged.csv", "the row has 2 cells, the header 3", 2)
  end)

  it("a quote that never closes", function()
    refused("unclosed_quote.csv", "never closed", 3)
  end)

  it("a quote inside an unquoted cell", function()
    refused("stray_quote.csv", "not quoted", 3)
  end)

  it("text behind a closing quote", function()
    local err = test.raises("decode", function() all(csv.decode "a,b\n\"x\"y,z\n") end)
    test.match(err.message, "line 2: text follows")
  end)

  it("two columns of one name", function()
    refused("duplicate_column.csv", "columns 1 and 3 are both called \"ema\"", 1)
  end)

  it("a column without a name", function()
    refused("empty_column.csv", "column 2 has no name", 1)
  end)

  it("a NUL", function()
    refused("nul.csv", "NUL", 2)
  end)

  it("a file with another delimiter, or a web page", function()
    for _, text in ipairs { "ema|fst_nam\na@b.c|A\n", "<!DOCTYPE html>\n", "<html lang=\"de\"><head a, b>\n" } do
      test.contains(test.raises("decode", csv.decode, text).message,
        "the text, line 1: no delimiter was found: , ; or tab expected")
    end
    equal(csv.decode("ema|fst_nam\n", { delimiter = "|" }).columns[2], "fst_nam")
  end)

  it("an Excel workbook", function()
    for _, text in ipairs { "PK\3\4abc\0", "\xD0\xCF\x11\xE0\0\0" } do
      test.contains(test.raises("decode", csv.decode, text).message, "this is an Excel workbook; save it as CSV")
    end
  end)

  it("UTF-16", function()
    refused("utf16.csv", "UTF%-16", nil)
  end)

  it("two encodings", function()
    refused("mixed_encodings.csv", "not UTF%-8, while line 2 is", 3)
  end)

  it("a byte order mark and then no UTF-8", function()
    refused("broken_utf8_bom.csv", "begins as UTF%-8", 3)
  end)

  it("bytes of no known encoding", function()
    refused("no_encoding.csv", "neither UTF%-8 nor Windows%-1252", 3)
  end)

  it("nothing in it", function()
    refused("empty.csv", "empty", nil)
  end)

  it("a header that two delimiters separate alike", function()
    local err = test.raises("decode", csv.decode, "a,b;c\n1,2;3\n")
    test.match(err.message, "two ways")
  end)
end)

describe("reading", function()
  it("names a file that is not there", function()
    test.match(test.raises("io", csv.open, "/nowhere/x.csv").message, "/nowhere/x.csv")
  end)

  it("refuses a folder", function()
    test.raises("io", csv.open, "tests")
  end)

  it("gives no rows for a header alone", function()
    same(all(csv.open(FOLDER .. "header_only.csv")), {})
  end)

  it("can pass over rows of another length and tell them", function()
    local told, rows = {}, 0
    for _ in csv.open(FOLDER .. "ragged.csv"):rows(function(line) told[#told + 1] = line end) do
      rows = rows + 1
    end
    same(told, { 2, 4 })
    equal(rows, 1)
  end)

  it("begins again after rewind", function()
    local reader = csv.open(FOLDER .. "plain.csv")
    equal(reader:rows()().fst_nam, "Ada")
    reader:rewind()
    equal(#all(reader), 2)
  end)

  it("does not keep the file in memory", function()
    local path = console.file("ema,name\n" .. ("ada@example.org,\"Lovelace, Ada\"\n"):rep(100000))
    collectgarbage()
    collectgarbage()
    local before, most = collectgarbage "count", 0
    local count = 0
    for _ in csv.open(path):rows() do
      count = count + 1
      if count % 5000 == 0 then
        collectgarbage()
        most = math.max(most, collectgarbage "count")
      end
    end
    equal(count, 100000)
    test.truthy(most - before < 600)
  end)

  it("ends a quote that swallows the file", function()
    local text = "a\n\"open\n" .. ("line\n"):rep(300000)
    local err = test.raises("decode", function() all(csv.decode(text)) end)
    equal(err.line, 2)
  end)

  it("refuses options it does not know", function()
    test.raises("argument", csv.decode, "a\n", { delimeter = ";" })
    test.raises("argument", csv.decode, "a\n", { encoding = "latin1" })
  end)
end)

describe("writing", function()
  local function written(columns, row, options)
    local writer = csv.writer(columns, options)
    writer:add(row)
    return writer:text()
  end

  it("quotes only where it must, and ends lines with CRLF", function()
    equal(written({ "a", "b" }, { a = "x y", b = "x,y" }), "a,b\r\nx y,\"x,y\"\r\n")
  end)

  it("can end lines with LF, begin with a byte order mark, separate otherwise", function()
    equal(written({ "a", "b" }, { a = 1, b = true }, { line_ending = "\n", bom = true, delimiter = ";" }),
      "\u{FEFF}a;b\n1;true\n")
  end)

  it("keeps numbers exact", function()
    local row = all(csv.decode(written({ "a", "b", "c" }, { a = 0.1 + 0.2, b = 9007199254740993, c = 0.742 })))[1]
    equal(tonumber(row.a), 0.1 + 0.2)
    equal(row.b, "9007199254740993")
    equal(row.c, "0.742")
  end)

  it("refuses a value without a column", function()
    test.raises("argument", written, { "a" }, { a = 1, b = 2 })
  end)

  it("does not alter what a spreadsheet would calculate, but counts it", function()
    local writer = csv.writer { "a", "b", "c" }
    writer:add { a = "=1+1", b = "+33 6 12", c = "-5" }
    equal(writer.formulas, 2)
    same(all(csv.decode(writer:text())), { { a = "=1+1", b = "+33 6 12", c = "-5" } })
  end)

  it("writes an empty cell that is alone so that its row is not lost", function()
    same(all(csv.decode(written({ "a" }, { a = "" }))), { { a = "" } })
  end)

  it("is read back whatever the cells hold", function()
    local pieces = { "a", ",", ";", "\t", "\"", "\r", "\n", "\r\n", " ", "é", "’", "=", "", "sep=;" }
    local seed = 1
    local function random(most)
      seed = (seed * 1103515245 + 12345) % 2147483648
      return seed // 65536 % most + 1
    end
    for _ = 1, 500 do
      local columns, row = {}, {}
      for column = 1, random(4) do
        local cell = {}
        for piece = 1, random(6) do
          cell[piece] = pieces[random(#pieces)]
        end
        columns[column] = "c" .. column
        row[columns[column]] = table.concat(cell)
      end
      local options = { delimiter = ({ ",", ";", "\t" })[random(3)], bom = random(2) == 1 }
      same(all(csv.decode(written(columns, row, options))), { row })
    end
  end)

  it("gives a file that opens again", function()
    local path = console.path ".csv"
    fs.write(path, written({ "a" }, { a = "Zoé" }))
    equal(all(csv.open(path))[1].a, "Zoé")
  end)
end)

describe("a fingerprint", function()
  it("is the same for the same bytes only, and reading goes on from the begin", function()
    local reader = csv.decode "a,b\n1,2\n"
    local first = reader:fingerprint()
    equal(reader:fingerprint(), first)
    equal(all(reader)[1].b, "2")
    for _, text in ipairs { "a,b\n1,3\n", "a,b\n1,2\n\n", "a,b\n1,2", "a,b\n1,2\n\0" } do
      local ok, other = pcall(csv.decode, text)
      test.truthy(not ok or other:fingerprint() ~= first)
    end
  end)
end)

test.run()
