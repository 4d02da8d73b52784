-- Close the poll: its votes stay as they are. Closing it again changes nothing.
-- KEYS  1 poll hash
-- ARGV  1 poll id
-- Returns a word of PollOutcome: CLOSED or UNKNOWN_POLL.
if redis.call('HGET', KEYS[1], 'poll_id') ~= ARGV[1] then return 'UNKNOWN_POLL' end
redis.call('HSET', KEYS[1], 'closed', '1')
return 'CLOSED'
