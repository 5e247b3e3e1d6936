"""What is known of texts alone: masks, and how they are found."""
