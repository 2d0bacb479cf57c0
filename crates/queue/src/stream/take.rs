//! Taking from the streams what can be started at once, and nothing else.
//!
//! Of four entries three are interactive, while there are any. They are taken in that order as long as the worker's
//! memory lasts. The first that does not fit is waited for: nothing behind it takes the memory that it waits for, so that
//! it is not overtaken for ever. What is at most half as large may pass it, within memory that is kept for those, so that
//! it holds nobody up either.
//!
//! What is not taken was never delivered: it stands where it was, and the next worker that reads may have it.

use std::collections::HashMap;

use domain::{MemoryNeeds, Priority};
use fred::prelude::*;

use super::{Delivery, GROUP, Reader, delivery};
use crate::error::Result;

/// Of so many entries one is batch work while there is any: it gets on under a steady interactive load.
const BATCH_SHARE: u32 = 4;
/// Entries that are looked at behind one that waits, at most: those that might pass it.
const MAX_SCANNED: u32 = 1_000;

/// What a worker can start.
#[derive(Debug, Clone, Copy)]
pub struct Capacity {
    /// So many evaluations.
    pub entries: usize,
    /// Free memory, in KiB.
    pub memory: usize,
    /// Free memory for those that pass one which waits, in KiB.
    pub for_passing: usize,
    /// What each takes.
    pub needs: MemoryNeeds,
}

/// What was taken.
#[derive(Debug)]
pub struct Delivered {
    /// To be claimed, in order.
    pub deliveries: Vec<Delivery>,
    /// For the next time: whose turn it is.
    pub turn: u32,
    /// The first that waits for memory, and how much it takes in KiB.
    pub waits_for: Option<u32>,
}

// Delivered is what `XCLAIM FORCE` puts into the list of pending entries; the group's cursor follows as far as nothing was
// left out. Behind the cursor stands what nobody was given, and among it what others have passed with and not dismissed yet.
const SCRIPT: &str = "
    local group, consumer = ARGV[1], ARGV[2]
    local entries, turn, turns = tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
    local memory, passing = tonumber(ARGV[6]), tonumber(ARGV[7])
    local fixed, copies, max = tonumber(ARGV[8]), tonumber(ARGV[9]), tonumber(ARGV[10])
    local depth = tonumber(ARGV[11])
    local waits = 0

    local function open(key)
        if redis.call('EXISTS', key) == 0 then return nil end
        for _, fields in ipairs(redis.call('XINFO', 'GROUPS', key)) do
            local known = {}
            for i = 1, #fields, 2 do known[fields[i]] = fields[i + 1] end
            if known.name == group then
                local cursor = known['last-delivered-id']
                local given = {}
                for _, it in ipairs(redis.call('XPENDING', key, group, '(' .. cursor, '+', 1000)) do given[it[1]] = true end
                return {key = key, cursor = cursor, whole = true, given = given, page = {}, at = 1, read = cursor, looked = 0, ids = {}}
            end
        end
        return nil
    end

    local function step(stream, taken)
        local id = stream.page[stream.at][1]
        stream.at = stream.at + 1
        if taken == false then stream.whole = false end
        if taken then table.insert(stream.ids, id) end
        if stream.whole then stream.cursor = id end
    end

    local function head(stream)
        while true do
            local entry = stream.page[stream.at]
            if entry then
                if not stream.given[entry[1]] then return entry end
                step(stream, nil)
            else
                if waits > 0 and stream.looked >= depth then return nil end
                stream.page = redis.call('XRANGE', stream.key, '(' .. stream.read, '+', 'COUNT', 64)
                stream.at = 1
                if #stream.page == 0 then return nil end
                stream.looked = stream.looked + #stream.page
                stream.read = stream.page[#stream.page][1]
            end
        end
    end

    local function needs(entry)
        local fields = entry[2]
        for i = 1, #fields, 2 do
            if fields[i] == 'size' and string.match(fields[i + 1], '^%d+$') then
                return math.min(max, fixed + math.ceil(tonumber(fields[i + 1]) * copies / 1024))
            end
        end
        return math.min(max, fixed)
    end

    local interactive, batch = open(KEYS[1]), open(KEYS[2])
    if not (interactive and batch) then return redis.error_reply('NOGROUP the work streams have lost their group') end
    local streams, deliveries, at = {interactive, batch}, {}, turn
    while #deliveries < entries do
        local first = 1
        if at % turns == turns - 1 then first = 2 end
        local which = first
        local entry = head(streams[which])
        if not entry then
            which = 3 - first
            entry = head(streams[which])
        end
        if not entry then break end
        local size = needs(entry)
        at = at + 1
        if waits == 0 and size <= memory then
            memory = memory - size
            turn = turn + 1
            table.insert(deliveries, {which, entry[1], 0, entry[2]})
            step(streams[which], true)
        else
            if waits == 0 then waits = size end
            if passing < math.min(fixed, max) then break end
            if size <= passing and size * 2 <= waits then
                passing = passing - size
                table.insert(deliveries, {which, entry[1], 1, entry[2]})
                step(streams[which], true)
            else
                step(streams[which], false)
            end
        end
    end
    for _, stream in ipairs(streams) do
        if #stream.ids > 0 then
            local claim = {stream.key, group, consumer, 0, unpack(stream.ids)}
            for _, word in ipairs({'JUSTID', 'FORCE', 'LASTID', stream.cursor}) do table.insert(claim, word) end
            redis.call('XCLAIM', unpack(claim))
        end
    end
    return {turn % turns, waits, deliveries}";

/// A delivery as the script tells it: which stream, the entry's id, whether it passes, its fields.
type Raw = (usize, String, u8, HashMap<String, String>);

impl Reader {
    /// Takes new entries of both priorities, in turns, without waiting: those that can be started.
    ///
    /// # Errors
    /// [`crate::Error::Unavailable`], [`crate::Error::NoGroup`].
    pub async fn take(&self, turn: u32, capacity: Capacity) -> Result<Delivered> {
        let needs = capacity.needs;
        let args = [
            capacity.entries.to_string(),
            turn.to_string(),
            BATCH_SHARE.to_string(),
            capacity.memory.to_string(),
            capacity.for_passing.to_string(),
            needs.fixed.to_string(),
            needs.copies.to_string(),
            needs.max.to_string(),
            MAX_SCANNED.to_string(),
        ];
        let args: Vec<String> = [GROUP.to_owned(), self.consumer.clone()]
            .into_iter()
            .chain(args)
            .collect();
        let (turn, waits, raw): (u32, u32, Vec<Raw>) =
            self.client.eval(SCRIPT, self.keys.to_vec(), args).await?;
        let deliveries = raw.into_iter().filter_map(|(stream, id, passing, fields)| {
            let priority = *Priority::ALL.get(stream.checked_sub(1)?)?;
            Some(Delivery {
                passing: passing == 1,
                ..delivery(priority, id, &fields)
            })
        });
        Ok(Delivered {
            deliveries: deliveries.collect(),
            turn,
            waits_for: (waits > 0).then_some(waits),
        })
    }
}
