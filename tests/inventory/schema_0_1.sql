-- A database as version 0.1 made it, before there were revisions: one sale of 10 units, 2 of them held.
CREATE TABLE rooms (
    room_id VARCHAR(64) NOT NULL,
    title TEXT NOT NULL,
    video_url TEXT,
    currency VARCHAR(3) NOT NULL,
    PRIMARY KEY (room_id)
);
CREATE TABLE products (
    room_id VARCHAR(64) NOT NULL,
    product_id VARCHAR(64) NOT NULL,
    title TEXT NOT NULL,
    picture_url TEXT,
    list_price_cents BIGINT NOT NULL,
    PRIMARY KEY (room_id, product_id)
);
CREATE TABLE sales (
    room_id VARCHAR(64) NOT NULL,
    sale_id VARCHAR(64) NOT NULL,
    product_id VARCHAR(64) NOT NULL,
    price_cents BIGINT NOT NULL,
    per_buyer_max INTEGER NOT NULL,
    hold_duration_ms BIGINT NOT NULL,
    total BIGINT NOT NULL,
    available BIGINT NOT NULL,
    held BIGINT NOT NULL,
    sold BIGINT NOT NULL,
    starts_at_ms BIGINT,
    ends_at_ms BIGINT,
    paused BOOLEAN NOT NULL,
    version BIGINT NOT NULL,
    archived_position BIGINT,
    PRIMARY KEY (room_id, sale_id),
    CONSTRAINT no_unit_is_owed CHECK (available >= 0 AND held >= 0 AND sold >= 0),
    CONSTRAINT units_are_conserved CHECK (total = available + held + sold)
);
CREATE TABLE orders (
    room_id VARCHAR(64) NOT NULL,
    hold_id VARCHAR(36) NOT NULL,
    buyer_id VARCHAR(64) NOT NULL,
    state VARCHAR(16) NOT NULL,
    amount_cents BIGINT NOT NULL,
    created_at_ms BIGINT NOT NULL,
    deadline_ms BIGINT NOT NULL,
    extended BOOLEAN NOT NULL,
    finished_at_ms BIGINT,
    payment_id VARCHAR(128),
    paid_late BOOLEAN NOT NULL,
    PRIMARY KEY (room_id, hold_id)
);
CREATE INDEX orders_newest ON orders (room_id, created_at_ms);
CREATE INDEX orders_of_buyer ON orders (room_id, buyer_id, created_at_ms);
CREATE TABLE movements (
    room_id VARCHAR(64) NOT NULL,
    position BIGINT NOT NULL,
    sale_id VARCHAR(64) NOT NULL,
    from_account VARCHAR(16) NOT NULL,
    to_account VARCHAR(16) NOT NULL,
    units BIGINT NOT NULL,
    hold_id VARCHAR(36),
    PRIMARY KEY (room_id, position, sale_id),
    CONSTRAINT a_movement_moves CHECK (units > 0),
    CONSTRAINT a_movement_has_two_accounts CHECK (from_account <> to_account)
);
CREATE TABLE ledger_positions (
    room_id VARCHAR(64) NOT NULL,
    position BIGINT NOT NULL,
    PRIMARY KEY (room_id)
);
CREATE TABLE parked (
    room_id VARCHAR(64) NOT NULL,
    position BIGINT NOT NULL,
    kind VARCHAR(32) NOT NULL,
    reason TEXT NOT NULL,
    entry_json BLOB NOT NULL,
    PRIMARY KEY (room_id, position)
);
CREATE TABLE payments (
    provider VARCHAR(32) NOT NULL,
    payment_id VARCHAR(128) NOT NULL,
    room_id VARCHAR(64) NOT NULL,
    hold_id VARCHAR(64) NOT NULL,
    amount_cents BIGINT NOT NULL,
    received_at_ms BIGINT NOT NULL,
    outcome VARCHAR(32),
    settled_at_ms BIGINT,
    tried_at_ms BIGINT,
    PRIMARY KEY (provider, payment_id)
);
CREATE INDEX payments_of_hold ON payments (room_id, hold_id);
CREATE INDEX payments_unsettled ON payments (outcome, received_at_ms);
CREATE TABLE order_lines (
    room_id VARCHAR(64) NOT NULL,
    hold_id VARCHAR(36) NOT NULL,
    sale_id VARCHAR(64) NOT NULL,
    product_id VARCHAR(64) NOT NULL,
    quantity INTEGER NOT NULL,
    price_cents BIGINT NOT NULL,
    PRIMARY KEY (room_id, hold_id, sale_id),
    FOREIGN KEY(room_id, hold_id) REFERENCES orders (room_id, hold_id),
    CONSTRAINT a_line_has_units CHECK (quantity > 0)
);
CREATE TABLE sandbox_checkouts (
    checkout_id VARCHAR(64) NOT NULL,
    room_id VARCHAR(64) NOT NULL,
    hold_id VARCHAR(64) NOT NULL,
    buyer_id VARCHAR(64) NOT NULL,
    amount_cents BIGINT NOT NULL,
    currency VARCHAR(3) NOT NULL,
    description TEXT NOT NULL,
    return_url TEXT NOT NULL,
    deadline_ms BIGINT,
    state VARCHAR(16) NOT NULL,
    created_at_ms BIGINT NOT NULL,
    finished_at_ms BIGINT,
    PRIMARY KEY (checkout_id),
    CONSTRAINT sandbox_amount_not_negative CHECK (amount_cents >= 0)
);
CREATE UNIQUE INDEX sandbox_one_live_checkout_per_hold ON sandbox_checkouts (room_id, hold_id) WHERE state <> 'declined';
CREATE TABLE sandbox_webhooks (
    event_id VARCHAR(100) NOT NULL,
    body BLOB NOT NULL,
    state VARCHAR(16) NOT NULL,
    attempts INTEGER NOT NULL,
    next_attempt_at_ms BIGINT NOT NULL,
    last_error TEXT,
    PRIMARY KEY (event_id)
);
CREATE INDEX sandbox_webhooks_due ON sandbox_webhooks (state, next_attempt_at_ms);
INSERT INTO rooms VALUES ('tea-room', 'Tea', NULL, 'CNY');
INSERT INTO sales VALUES ('tea-room', 'flash', 'tea', 990, 2, 60000, 10, 8, 2, 0, NULL, NULL, 0, 3, NULL);
INSERT INTO orders VALUES ('tea-room', '0199a000-0000-7000-8000-000000000001', 'ann', 'held', 1980, 5, 60005, 0, NULL, NULL, 0);
INSERT INTO order_lines VALUES ('tea-room', '0199a000-0000-7000-8000-000000000001', 'flash', 'tea', 2, 990);
INSERT INTO movements VALUES ('tea-room', 1000001, 'flash', 'supply', 'available', 10, NULL);
INSERT INTO movements VALUES ('tea-room', 5000001, 'flash', 'available', 'held', 2, '0199a000-0000-7000-8000-000000000001');
INSERT INTO ledger_positions VALUES ('tea-room', 5000001);
