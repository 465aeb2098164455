"""The service in PyTorch: FastAPI on uvicorn, the model in the process."""
