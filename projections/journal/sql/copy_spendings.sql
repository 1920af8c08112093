COPY spending (event_id, account_code) FROM STDIN
