"""How these programs print where a request or a card stands, and what comes next."""

from typing import Any

TOLD = """
fragment Told on Operation {
  id state due
  next { action by until otherwise outletTerm { label { text } } }
  card { id number state }
}
"""


def tell(operation: dict[str, Any]) -> None:
    """Print where a request stands, and what comes next: by whom, and where or until when if that is known."""
    due = f", {operation['due'] / 100:.2f} yuan due" if operation["due"] else ""
    print(f"{operation['id']} {operation['state']}{due}")
    if card := operation["card"]:
        tell_card(card)
    if step := operation["next"]:
        where = f" at {step['outletTerm']['label']['text']}" if step["outletTerm"] else ""
        until = f" until {step['until']}" if step["until"] else ""
        otherwise = f", or else: {', '.join(step['otherwise'])}" if step["otherwise"] else ""
        print(f"next: {step['action']} by {', '.join(step['by'])}{where}{until}{otherwise}")


def tell_card(card: dict[str, Any]) -> None:
    """Print a card."""
    print(f"card {card['id']} {card['number']} {card['state']}")
