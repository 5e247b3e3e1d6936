"""`python -m benchmarks`: run the measurements and print the table."""

from benchmarks.run import main

if __name__ == "__main__":
    main()
