"""The durable record in SQL: orders, movements of units, payments, and what is sold.

Everything here is synchronous; async callers use `asyncio.to_thread`.
"""
