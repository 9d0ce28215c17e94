"""What any program of this kind needs: a log, threads, one instance, assets, crash points."""
