Figures of the addon's own tables that the first release has as well.

-- accounts
SELECT name, master_id, md5(secret_key), environment, sandbox_url FROM esm_account

-- shops
SELECT site, seller_id, auto_collect, auto_acknowledge, auto_release, cursor_at,
       warehouse_id, carrier_id, pricelist_id, tax_rule
  FROM esm_shop ORDER BY id

-- orders
SELECT order_no, pay_no, state, problem, market_status, acknowledged, cancel_requested,
       amount_sale, amount_paid, amount_settlement, sale_order_id, tracking_no, waiting_code
  FROM esm_order ORDER BY id

-- payloads
SELECT count(*), md5(string_agg(payload::text, ',' ORDER BY id)) FROM esm_order

-- messages
SELECT order_id, action, state, tracking_no, courier_id, picking_id, sent_at
  FROM esm_outbox ORDER BY id

-- links
SELECT id, esm_order_id, esm_kind, esm_code, esm_total FROM sale_order_line ORDER BY id

-- baskets
SELECT id, esm_shop_id, esm_pay_no, esm_basket_key FROM sale_order ORDER BY id

-- codes
SELECT id, esm_seller_code, esm_inventory_code FROM product_product ORDER BY id
