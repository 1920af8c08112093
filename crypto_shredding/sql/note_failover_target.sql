-- Only under the tree's lock.
-- in: change bigint, target text, act text, at timestamptz, reason text, actor text, second_actor text or null
INSERT INTO crypto_shredding.failover_target (change, target, act, at, reason, actor, second_actor)
VALUES (%(change)s, %(target)s, %(act)s, %(at)s, %(reason)s, %(actor)s, %(second_actor)s)
