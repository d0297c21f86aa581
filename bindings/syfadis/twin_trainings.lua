-- SPDX-License-Identifier: MIT
-- Trainings, evaluations, privileges, tracking and ratings of the simulated Syfadis.

local people = require "beadle.twin.syfadis.people"
local store = require "beadle.twin.syfadis.store"

local M = {}

local operations = {
  list_trainings = people.list(), get_training = people.read(), archive_training = people.archive(),
  list_tracking_views = people.list "TrackingViews",
}
M.operations = operations

function operations.create_training(twin, values, request)
  return people.create(twin, request, values.set, people.with_own(values, { "Name" }))
end

function operations.update_training(twin, values, request)
  return people.update(twin, request, store.active(twin, values.set, values.id), people.with_own(values, {}))
end

-- ---------------------------------------------------------------------------------------------------
-- Page layouts and privileges

local function check_training(twin, id)
  return twin.state.sets.Trainings[id]
    or store.refuse(400, "Erreur technique ou fonctionnelle : TrainingId %d n'existe pas", id)
end

local function set_page(where)
  return function(twin, values)
    check_training(twin, values.TrainingId)
    twin.state.pages[("%d/%s"):format(values.TrainingId, where)] = values.PageDataCode
    return store.nothing(twin, twin.state.settings.unlisted_status)
  end
end

operations.set_my_trainings_page_data = set_page "session"
operations.set_catalog_page_data = set_page "catalog"

local GROUPS = { "Establishments", "Jobs", "Projects", "Structures", "Teams", "Localisations", "Domains" }
local OWNERS = { user = { "Users" }, domain = { "Domains" }, group = GROUPS }

local function set_privilege(side, who)
  return function(twin, values)
    check_training(twin, values.TrainingId)
    local known = false
    for _, set in ipairs(OWNERS[who]) do
      known = known or twin.state.sets[set][values.OwnerId] ~= nil
    end
    if not known then
      store.refuse(400, "Erreur technique ou fonctionnelle : OwnerId %d n'existe pas", values.OwnerId)
    end
    local key = ("%d/%s/%s/%d/%s"):format(values.TrainingId, side, who, values.OwnerId, values.Privilege)
    twin.state.privileges[key] = values.State or nil
    return store.nothing(twin, twin.state.settings.unlisted_status)
  end
end

for _, side in ipairs { "front", "back" } do
  for who in pairs(OWNERS) do
    operations[("set_%s_office_%s_privilege"):format(side, who)] = set_privilege(side, who)
  end
end

-- ---------------------------------------------------------------------------------------------------
-- Ratings

local function reference(record)
  return { Id = record.values.Id, Name = record.values.Name }
end

-- The counts that a training keeps of its ratings.
local function count_ratings(twin, item)
  local count, sum, by_rate = 0, 0, { 0, 0, 0, 0, 0 }
  for _, rating in pairs(twin.state.sets.ItemRatings) do
    if rating.values.CatalogItem.Id == item.values.Id then
      local rate = rating.values.Rate
      count, sum, by_rate[rate] = count + 1, sum + rate, by_rate[rate] + 1
    end
  end
  item.values.RateCount, item.values.GlobalRate = count, sum / count
  for rate, number in ipairs(by_rate) do
    item.values[("Rate%dCount"):format(rate)] = number
  end
end

-- rate(twin, values) -> the rating; a user has one for each item.
function M.rate(twin, values)
  local user = twin.state.sets.Users[values.UserId]
  local item = twin.state.sets.Trainings[values.CatalogItemId] or twin.state.sets.Evaluations[values.CatalogItemId]
  if not user or not item then
    store.refuse(400, "Erreur technique ou fonctionnelle : UserId ou CatalogItemId n'existe pas")
  end
  local rating = store.find(twin, "ItemRatings", function(record)
    return record.values.User.Id == values.UserId and record.values.CatalogItem.Id == values.CatalogItemId
  end) or store.add(twin, "ItemRatings", { User = reference(user), CatalogItem = reference(item) })
  store.apply(twin, rating, { Rate = values.Rate, Title = values.Title, Comment = values.Comment })
  count_ratings(twin, item)
  return rating
end

function operations.rate_catalog_item_for_user(twin, values)
  M.rate(twin, values)
  return store.nothing(twin, 200)
end

-- "Only by the id or the name of the training or evaluation".
function operations.list_item_ratings(twin, values, request)
  local paths = (values.filter or ""):gsub("'[^']*'", "''"):gsub("CatalogItem/Id", ""):gsub("CatalogItem/Name", "")
  if paths:find "%f[%w_][%u][%w_]*" then
    store.refuse(400, "Erreur technique ou fonctionnelle : filtrage possible par CatalogItem seulement")
  end
  return store.list(twin, request, "ItemRatings")
end

return M
