from . import esm_sales_report, ir_actions_report, report_waybill
