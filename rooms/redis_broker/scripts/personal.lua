-- Publish many users' own events to every worker, in one message. They have no number and are kept
-- nowhere, so nothing else is to be written.
-- KEYS  1 room state hash
-- ARGV  1 channel           2 delivery class     3 users, a msgpack array
--       4 payloads, a msgpack array, one for each user
--       5 new epoch, if the room has none
--       6 PUBLISH, or SPUBLISH in a Cluster that knows it
-- Returns 0.
local state = KEYS[1]
redis.call('HSETNX', state, 'epoch', ARGV[5])
local epoch = redis.call('HGET', state, 'epoch')
local array_of_six = '\150'
redis.call(ARGV[6], ARGV[1], array_of_six .. cmsgpack.pack(ARGV[2]) .. cmsgpack.pack('')
  .. ARGV[3] .. cmsgpack.pack(0) .. ARGV[4] .. cmsgpack.pack(epoch))
return 0
