"""From event schemas to data, by construction: deterministic for a seed, weighted towards edges."""
