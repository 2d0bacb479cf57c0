-- The last tries of a webhook, the newest last: `at`, `status`, `error`, `took_ms`. At most 20; the release before adds none.
ALTER TABLE webhook_deliveries ADD COLUMN log jsonb NOT NULL DEFAULT '[]';
COMMENT ON COLUMN webhook_deliveries.body IS 'What was sent, packed: each further try, and a redelivery, sends the same';
