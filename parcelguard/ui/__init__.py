"""The screens. Qt lives here and in `app`, nowhere else."""
