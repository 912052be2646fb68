# A writing study: the study's folder (STUDY.toml, STUDY.key, task list, answers.db) is /study.
#   docker build -t wellhead-collect .
#   docker run -v ./my-study:/study -p 127.0.0.1:8080:8080 wellhead-collect
# The folder must be writable for user 1000; a proxy that speaks HTTPS stands in front.
FROM python:3.12-slim
WORKDIR /opt/wellhead
COPY pyproject.toml README.md LICENSE constraints.txt ./
COPY src ./src
RUN pip install --no-cache-dir --constraint constraints.txt '.[collect]'
RUN useradd --uid 1000 writer
USER writer
WORKDIR /study
VOLUME /study
EXPOSE 8080
HEALTHCHECK CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8080/readyz', timeout=3)"]
ENTRYPOINT ["wellhead", "collect"]
CMD ["serve", "STUDY.toml", "--host", "0.0.0.0"]
