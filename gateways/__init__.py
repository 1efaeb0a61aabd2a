"""What lives outside the service: SMS, payment, face check, the register of people, files, clock and calendar.

Each gateway is a protocol, an adapter that talks HTTP to a real provider, and a sandbox for development.
"""
