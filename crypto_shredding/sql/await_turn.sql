-- Whatever the role's own limit is: after a second whoever waits looks whether it has to go on waiting.
SET LOCAL lock_timeout = '1s'
