"""An audit that people can do: documents drawn by lot, a page to label them, labels that count."""
