-- SPDX-License-Identifier: MIT
-- Makes a link for each user of a list that signs that user in to Lära.
--
--   beadle run scripts/lara-sso-links.lua --rows users.csv --redirectType my_dashboard --output links.csv
--
-- Whoever has a link is signed in as its user. They are written to --output because that is the errand, and the
-- table on the terminal does not have them: hand each to its user only, and delete the file as soon as that is done.

local lara = require "beadle.lara"
local recipe = require "beadle.recipe"

return recipe {
  name = "lara-sso-links",
  summary = "Makes a link for each user that signs the user in",
  doc = "CAUTION: whoever has a link is signed in as its user. Of many users the links are not shown in the table, but "
    .. "written to the --output file, which is yours alone to read (mode 0600), or with --json to standard output: "
    .. "hand each to its user, and delete the file. Links may end soon: make them when they are needed. Users' ids "
    .. "are passed on as they are, \"%3d%3d\" included.",
  params = {
    "lara.get_sso_url.id",
    { from = "lara.get_sso_url.redirectType" },
    { name = "urlRedirect", from = "lara.get_sso_url.urlRedirect" },
    { name = "refId", doc = "the workspace, instance or activity that redirectType is about" },
    { name = "subRefId", doc = "the recording of the activity refId" },
    { from = "lara.get_sso_url.portalId" },
    { name = "note", doc = "anything that you want beside the link, such as the user's name" },
  },
  columns = { "id", "note", "urlSSO" },
  shown = { "id", "note" },
  unique = { "id" },

  row = function(row)
    local answer = lara.get_sso_url {
      id = row.id, redirectType = row.redirectType, urlRedirect = row.urlRedirect, refId = row.refId,
      subRefId = row.subRefId, portalId = row.portalId,
    }
    return { id = row.id, note = row.note, urlSSO = answer.urlSSO }
  end,

  finish = function(results, context)
    if context.is_single or #results == 0 then
      return nil
    end
    return ("Links made: %d. They are in the file of --output, if you gave one: hand each to its user, then delete "
      .. "it."):format(#results)
  end,
}
