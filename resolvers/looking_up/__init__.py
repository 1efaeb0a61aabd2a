"""What is looked up and changes nothing: holders, cards, operations, regions, forms."""
