Figures of what has to stay whatever happens to the addon.

-- sales
SELECT state, count(*), sum(amount_untaxed), sum(amount_tax), sum(amount_total)
  FROM sale_order GROUP BY state ORDER BY state

-- names of sales
SELECT name, client_order_ref, state, amount_total, partner_id, date_order
  FROM sale_order ORDER BY id

-- lines
SELECT order_id, product_id, name, product_uom_qty, qty_delivered, qty_invoiced,
       price_unit, price_total
  FROM sale_order_line ORDER BY id

-- deliveries
SELECT name, state, carrier_tracking_ref, carrier_id, partner_id, sale_id
  FROM stock_picking ORDER BY id

-- moves
SELECT state, count(*), sum(quantity) FROM stock_move GROUP BY state ORDER BY state

-- stock
SELECT product_id, location_id, sum(quantity), sum(reserved_quantity)
  FROM stock_quant GROUP BY product_id, location_id ORDER BY 1, 2

-- invoices
SELECT name, state, move_type, amount_total, partner_id FROM account_move ORDER BY id

-- customers
SELECT id, name, phone, street, zip, city, parent_id FROM res_partner ORDER BY id

-- products that were sold
SELECT id, active, default_code FROM product_product
 WHERE id IN (SELECT product_id FROM sale_order_line) ORDER BY id
