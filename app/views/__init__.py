"""What pages show, worked out without Streamlit and without a database: data in, data out."""
