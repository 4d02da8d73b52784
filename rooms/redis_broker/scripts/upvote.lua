-- Count one user's upvote of an open question, once.
-- KEYS  1 upvotes sorted set    2 the question's upvoters (set)    3 untold (set)
-- ARGV  1 question id           2 user id                          3 upvoters at most
-- Returns a word of QuestionOutcome: UPVOTED, UNKNOWN_QUESTION or LIMIT_REACHED.
local upvotes, upvoters, untold = KEYS[1], KEYS[2], KEYS[3]
if not redis.call('ZSCORE', upvotes, ARGV[1]) then return 'UNKNOWN_QUESTION' end
if redis.call('SISMEMBER', upvoters, ARGV[2]) == 1 then return 'UPVOTED' end
if redis.call('SCARD', upvoters) >= tonumber(ARGV[3]) then return 'LIMIT_REACHED' end
redis.call('SADD', upvoters, ARGV[2])
redis.call('ZINCRBY', upvotes, 1, ARGV[1])
redis.call('SADD', untold, ARGV[1])
return 'UPVOTED'
