"""Facts about points and members: pure domain, event store, erasure and retention."""
